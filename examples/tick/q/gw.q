/ Gateway: one question to the real-time and the historical database.
\l connect.q

.gw.h:(0#`)!0#0i
.gw.ask:{[c;q]
 if[null .gw.h c;.gw.h[c]:cluster opt c];
 .gw.h[c]q}
.awscust.z.pc:{.gw.h:(where .gw.h=x)_.gw.h}

/ counts is the number of trades that each holds
counts:{`rdb`hdb!(.gw.ask[`rdb;"count trade"];.gw.ask[`hdb;"count select from trade"])}

/ trades of a symbol on a day, wherever they are
trades:{[d;s] $[d<.gw.ask[`tp;".tp.day"];
  .gw.ask[`hdb;({[d;s]select time,sym,price,size from trade where date=d,sym=s};d;s)];
  .gw.ask[`rdb;({[s]select time,sym,price,size from trade where sym=s};s)]]}
