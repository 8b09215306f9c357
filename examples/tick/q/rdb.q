/ Real-time database: today's rows in memory; at the end of the day it hands
/ them over to the historical database.
\l schema.q
\l connect.q

upd:insert
.rdb.tables:tables`.
.rdb.dir:"/opt/kx/app/shared/",opt[`volume],"/",opt[`name],"/"
.rdb.h:0Ni

/ ok passes on what an .aws function answers, and signals its error
.rdb.ok:{$[99h<>type x;x;`finspace_error_code in key x;'x`message;x]}

/ wait asks until a status is the one that is wanted
.rdb.wait:{[f;want]
 while[not want~s:(.rdb.ok f[])`status;
  if[s like"*FAIL*";'s];
  t:.z.p+0D00:00:00.2;while[.z.p<t]];}

.rdb.clear:{{x set 0#value x}each .rdb.tables;}

/ remove removes a folder and what is in it: only an HDB or GP cluster has a shell
.rdb.remove:{[f] if[11h=type files:key f;.z.s each` sv/:f,/:files];hdel f;}

/ save writes the day and makes it the database's newest changeset
.rdb.save:{[d]
 .aws.get_latest_sym_file[.aws.akdb;.rdb.dir];
 .Q.dpft[hsym`$.rdb.dir;d;`sym]each .rdb.tables;
 day:string d;
 files:flip`input_path`database_path`change_type!(`$.rdb.dir,/:(day;"sym");`$("/",day,"/";"/");`PUT`PUT);
 id:.rdb.ok[.aws.create_changeset[.aws.akdb;files]]`id;
 .rdb.wait[{[id;x].aws.get_changeset[.aws.akdb;id]}[id];"COMPLETED"];
 .rdb.remove hsym`$.rdb.dir,day;
 id}

/ roll shows a changeset to those who query the historical database
.rdb.roll:{[id]
 v:.rdb.ok .aws.get_kx_dataview[.aws.akdb;opt`dataview];
 .rdb.ok .aws.update_kx_dataview[.aws.akdb;opt`dataview;id;v`segment_configurations];
 .rdb.wait[{.aws.get_kx_dataview[.aws.akdb;opt`dataview]};"ACTIVE"];
 .rdb.ok .aws.update_kx_cluster_databases[opt`hdb;
  .aws.sdbs .aws.db[.aws.akdb;"";();opt`dataview];.aws.sdep"NO_RESTART"];
 .rdb.wait[{.aws.get_kx_cluster opt`hdb};"RUNNING"];}

/ The log goes last: a log that is there is a day that is not saved.
.rdb.end:{[d]
 .rdb.roll .rdb.save d;
 .rdb.clear[];
 hdel .rdb.logs d;}

/ What fails is done again at the next subscription, from the log.
endofday:{[d] @[.rdb.end;d;{-2"end of day: ",x;hclose .rdb.h;.rdb.h:0Ni}];}

.rdb.logs:{hsym`$"/opt/kx/app/shared/",opt[`volume],"/",opt[`tp],"/",string x}

/ subscribe makes up for days that were not saved, then for today
.rdb.subscribe:{
 h:node opt`tp;
 today:h".tp.day";
 days:asc d where not null d:"D"$string key`$-1_string .rdb.logs`;
 {.rdb.clear[];-11!.rdb.logs x;.rdb.end x}each days where days<today;
 .rdb.clear[];
 r:h".tp.sub[]";
 -11!1_r;
 .rdb.h:h;}

/ The tickerplant may be away: ask again every second.
.awscust.z.ts:{if[null .rdb.h;@[.rdb.subscribe;::;{-2"subscribe: ",x;}]]}
.awscust.z.pc:{if[x=.rdb.h;.rdb.h:0Ni]}

/ A new database gets an empty day, so that the historical one knows the tables.
if[""~.rdb.ok .aws.get_latest_sym_file[.aws.akdb;.rdb.dir];.rdb.save .z.D-1]
.awscust.z.ts[]
system"t 1000"
