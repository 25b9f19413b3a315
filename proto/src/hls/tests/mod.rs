mod forms;
mod hour;
mod texts;
