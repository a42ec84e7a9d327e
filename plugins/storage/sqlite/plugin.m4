BRG_PLUGIN([storage], [sqlite], [embedded store on SQLite], [sqlite3 >= 3.40])
