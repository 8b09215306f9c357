/ Start: connect, listen, load the databases, run the init script, say how it went.

.quoin.fail:{[text] .quoin.h(`failed;text);exit 1};

.quoin.connect[];
.quoin.listen[];

.quoin.init:{[script]
 system"cd /opt/kx/app/code";
 system"l ",script;};

/ from here on q code is the user's, and .z and .quoin stay as they are; an
/ engine that is not ours has nothing to see to that with
if[`seal in key`.quoin;.quoin.seal[]];

@[{.quoin.load each x;};.quoin.databases;{.quoin.fail"The database could not be loaded. ",x}];
system"cd /opt/kx/app";
/ the log says where; what is no q fails with the character that was too much
if[count .quoin.script;
 .Q.trp[.quoin.init;.quoin.script;{[err;at]
  -2"'",err,"\n",.Q.sbt at;
  .quoin.fail"The init script failed. ",$[any err in .Q.an;err;"It cannot be read as q. The log says where."]}]];
system"cd /opt/kx/app";
.quoin.tell[`ready;::];
