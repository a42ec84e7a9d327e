BRG_PLUGIN([storage], [postgres], [shared store on PostgreSQL], [libpq >= 14])
