/ history.q FOLDER: answers queries on the days that ended.
system"l ",first .z.x
