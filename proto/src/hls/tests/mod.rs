mod forms;
mod hour;
mod lists;
mod parts;
mod texts;
