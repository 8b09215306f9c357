/ rdb.q PLANT HISTORY FOLDER: the rows of the day, at first those of the plant's
/ log; at its end they go to the database in the folder.
upd:insert
history:`$"::",.z.x 1
end:{[d].Q.hdpf[history;hsym`$.z.x 2;d;`sym];@[;`sym;`g#]each tables`.;}
plant:hopen`$"::",.z.x 0
start:plant"begin[]"
{x[0]set @[x 1;`sym;`g#]}each start 0
-11!1_start
