/ Feed: made-up trades and quotes, in batches of 100 rows.
\l connect.q

syms:`AAPL`AMZN`GOOG`IBM`MSFT
h:0Ni
sent:0

/ send answers with the rows of each table that the tickerplant has taken so far
send:{[batches]
 if[null h;h::node opt`tp];
 do[batches;
  s:100?syms;p:50+100?100f;
  neg[h](`upd;`trade;(s;p;1+100?1000));
  neg[h](`upd;`quote;(s;p-.01;p+.01;1+100?1000;1+100?1000))];
 h"";
 sent+:100*batches}

/ start sends a batch every so many milliseconds, 0 stops
start:{system"t ",string x}
.awscust.z.ts:{@[send;1;{-2"send: ",x;}]}
.awscust.z.pc:{if[x=h;h::0Ni]}
