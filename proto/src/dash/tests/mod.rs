mod live;
mod texts;
