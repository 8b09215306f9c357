/ Boot: who may log in, where hooks are, how the agent is reached.
/ .quoin is the server's own namespace; .aws and .awscust are the service's.

/ Hooks that q code may set. kdb+ calls .z, which calls these.
.awscust.z.ts:{};
.awscust.z.pg:{value x};
.awscust.z.ps:{value x};
.awscust.z.po:{};
.awscust.z.pc:{};
.awscust.z.ws:{};
.awscust.z.wo:{};
.awscust.z.wc:{};
.awscust.z.pd:{};
.awscust.z.ph:@[value;`.z.ph;{{x}}];
.awscust.z.pi:{value x};
.awscust.z.exit:{};

/ the gateway alone knows the secret, and logs in with the user's name; whoever
/ may query this process must not learn it
.quoin.digest:md5 .quoin.secret;
.z.pw:{[u;p] .quoin.digest~md5 p};
delete secret from `.quoin;
.z.ts:{.awscust.z.ts x};
.z.pg:{$[.z.w=.quoin.h;value x;.awscust.z.pg x]};
.z.ps:{$[.z.w=.quoin.h;value x;.awscust.z.ps x]};
.z.po:{.awscust.z.po x};
.z.pc:{$[x=.quoin.h;.quoin.orphan[];[.aws.del x;.awscust.z.pc x]]};
.z.exit:{.awscust.z.exit x};
.z.ws:{.awscust.z.ws x};
.z.wo:{.awscust.z.wo x};
.z.wc:{.awscust.z.wc x};
.z.ph:{.awscust.z.ph x};
.z.pi:{.awscust.z.pi x};

/ without the agent there is no server: nobody could reach or end this process
.quoin.orphan:{exit 1};
.quoin.h:0i;
.quoin.connect:{.quoin.h:hopen(.quoin.agent;10000);.quoin.agent:`;};

/ ask asks the agent; name is that of an .aws function
.quoin.ask:{[name;args] .quoin.h(name;args)};
.quoin.tell:{[name;arg] neg[.quoin.h](name;arg);};

.quoin.listen:{
 @[system;"p 127.0.0.1:0W";{system"p 0W"}];
 .quoin.h(`hello;system"p");};

/ a database is loaded from its folder, which becomes the current one; q code
/ expects to be in /opt/kx/app
.quoin.load:{[name]
 system"l /opt/kx/app/db/",name;
 system"cd /opt/kx/app";};

/ how much memory q uses, for the metrics
.quoin.report:{[x] .quoin.tell[`memory;.Q.w[]];};

/ what a change of databases or code without restart does
.quoin.reload:{[names]
 r:.[{.quoin.load each x;""};enlist names;{"The database could not be loaded. ",x}];
 .quoin.tell[`reloaded;r];};
