mod hour;
