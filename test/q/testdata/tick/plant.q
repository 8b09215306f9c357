/ plant.q LOGFOLDER DAY: takes rows, logs them, and sends them on to those who
/ subscribed. A log that a crash left damaged at its end is cut there.
trade:([]time:`timespan$();sym:`symbol$();price:`float$();size:`long$())
quote:([]time:`timespan$();sym:`symbol$();bid:`float$();ask:`float$())
clients:`trade`quote!2#enlist 0#0i
lost:0
day:"D"$.z.x 1
open:{[d]
  name::hsym`$first[.z.x],"/",string d;
  if[()~key name;name set()];
  state:-11!(-2;name);
  if[1<count state;
    lost::hcount[name]-last state;
    name 1:read1(name;0;last state)];
  logged::first state;
  handle::hopen name;}
subscribe:{[t]clients[t]:distinct clients[t],.z.w;(t;0#value t)}
begin:{(subscribe each key clients;logged;name)}
upd:{[t;x]
  handle enlist(`upd;t;x);
  logged+:1;
  (neg clients t)@\:(`upd;t;x);}
end:{
  hclose handle;
  (neg distinct raze value clients)@\:(`end;day);
  open day::day+1;}
.z.pc:{clients::clients except\:x}
open day
