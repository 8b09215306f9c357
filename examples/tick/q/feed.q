/ Feed: made-up trades and quotes, in batches of 100 rows.
\l connect.q

syms:`AAPL`AMZN`GOOG`IBM`MSFT
h:node opt`tp
sent:0

send:{[batches]
 do[batches;
  s:100?syms;p:50+100?100f;
  neg[h](`upd;`trade;(s;p;1+100?1000));
  neg[h](`upd;`quote;(s;p-.01;p+.01;1+100?1000;1+100?1000))];
 h"";
 sent+:100*batches}

/ start sends a batch every so many milliseconds, 0 stops
start:{system"t ",string x}
.awscust.z.ts:{send 1}
