mod forms;
mod hour;
mod lists;
mod texts;
