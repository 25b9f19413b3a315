mod cut_off;
mod failures;
mod forms;
mod names;
mod studio;
