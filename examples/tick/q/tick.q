/ Tickerplant: stamps rows, logs them, passes them on. The log is on a shared
/ volume, where subscribers replay it.
\l schema.q
.aws.init_pubsub[]

/ A day that was ended by hand stays ended: the newest log says which day it is.
.tp.day:max .z.D,d where not null d:"D"$string key hsym`$.aws.tp_log_path
.tp.subs:0#0i

/ A log whose last message was cut short by a crash is cut back to the one before.
.tp.open:{
 .tp.log:hsym`$.aws.tp_log_path,"/",string .tp.day;
 if[()~key .tp.log;.tp.log set ()];
 n:-11!(-2;.tp.log);
 if[1<count n;.tp.log 1:read1(.tp.log;0;n 1)];
 .tp.n:first n;
 .tp.h:hopen .tp.log;}

/ upd takes the columns after time
upd:{[t;x]
 x:flip cols[t]!enlist[count[first x]#.z.N],x;
 .tp.h enlist(`upd;t;x);
 .tp.n+:1;
 .aws.pub[t;x];}

/ sub answers with the tables, and which messages of which log came before
.tp.sub:{
 .tp.subs:distinct .tp.subs,.z.w;
 (.aws.sub[`;`];.tp.n;.tp.log)}

.tp.endofday:{
 hclose .tp.h;
 (neg .tp.subs)@\:(`endofday;.tp.day);
 .tp.day+:1;
 .tp.open[];}

.awscust.z.pc:{.tp.subs:.tp.subs except x}
.awscust.z.ts:{if[.z.D>.tp.day;.tp.endofday[]]}

.tp.open[]
system"t 1000"
