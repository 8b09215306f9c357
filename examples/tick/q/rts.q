/ Real-time subscriber: the last price and the volume-weighted one, from now on.
\l connect.q

.rts.h:0Ni
vwap:([sym:0#`]price:0#0n;size:0#0N;value_:0#0n)

upd:{[t;x]
 if[not t=`trade;:(::)];
 n:select price:last price,size:sum size,value_:sum price*size by sym from x;
 `vwap upsert update size+0^vwap[sym;`size],value_+0^vwap[sym;`value_]from n;}

prices:{select sym,last_price:price,vwap:value_%size,size from vwap}

endofday:{[d] delete from`vwap;}

.awscust.z.ts:{if[null .rts.h;@[{h:node opt`tp;h".tp.sub[]";.rts.h:h};::;{-2"subscribe: ",x;}]]}
.awscust.z.pc:{if[x=.rts.h;.rts.h:0Ni]}
.awscust.z.ts[]
system"t 1000"
