/ writer.q FOLDER FIRST: writes version after version of a database until it is
/ killed, and shows the number of each that is done. Every row tells its version.
db:hsym`$.z.x 0
rows:{[i;n]([]sym:n#`$"s",string i;n:n#i;text:n#enlist string i;part:n#"f"$i)}
write:{[i]
  trade::rows[i;1+i mod 40];
  .Q.dpft[db;2026.01.01+i;`sym;`trade];
  .Q.dd[db;`latest`]set .Q.en[db]trade;
  .Q.dd[db;`grown`]upsert .Q.en[db]rows[i;3];
  -1 string i;}
i:"J"$.z.x 1
while[1b;write i;i+:1]
