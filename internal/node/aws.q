/ .aws: the functions that the service gave q code in a cluster. Those that
/ reach outside ask the agent; the rest is plain q.

.aws.create_changeset:{[db;reqs] .quoin.ask[`create_changeset;(db;reqs)]};
.aws.get_changeset:{[db;id] .quoin.ask[`get_changeset;(db;id)]};
.aws.get_latest_sym_file:{[db;dir] .quoin.ask[`get_latest_sym_file;(db;dir)]};
.aws.copy_database_files:{[db;dir;dbpath;changeset] .quoin.ask[`copy_database_files;(db;dir;dbpath;changeset)]};
.aws.commit_kx_database:{[db] .quoin.ask[`commit_kx_database;enlist db]};
.aws.s3.get_object:{[src;dir] .quoin.ask[`s3.get_object;(src;dir)]};
.aws.get_kx_dataview:{[db;dataview] .quoin.ask[`get_kx_dataview;(db;dataview)]};
.aws.update_kx_dataview:{[db;dataview;changeset;segments] .quoin.ask[`update_kx_dataview;(db;dataview;changeset;segments)]};
.aws.list_kx_clusters:{.quoin.ask[`list_kx_clusters;enlist(::)]};
.aws.list_kx_cluster_nodes:{[cluster] .quoin.ask[`list_kx_cluster_nodes;enlist cluster]};
.aws.get_kx_cluster:{[cluster] .quoin.ask[`get_kx_cluster;enlist cluster]};
.aws.delete_kx_cluster:{[cluster] .quoin.ask[`delete_kx_cluster;enlist cluster]};
.aws.update_kx_cluster_databases:{[cluster;dbs;props] .quoin.ask[`update_kx_cluster_databases;(cluster;dbs;props)]};
.aws.get_kx_connection_string:{[cluster] .quoin.ask[`get_kx_connection_string;enlist cluster]};
.aws.get_kx_node_connection_string:{[cluster;node] .quoin.ask[`get_kx_node_connection_string;(cluster;node)]};
.aws.stop_current_kx_cluster_creation:{[msg] .quoin.ask[`stop_current_kx_cluster_creation;enlist msg];exit 1};
.aws.load_kx_database:{[db] .quoin.load $[10h=type db;db;string db];};

/ builders of arguments; a path of one character is an atom
.quoin.paths:{$[10h=abs type x;enlist(),x;x]};
.aws.sgmtcfg:{[paths;volume] `db_paths`volume_name!(.quoin.paths paths;volume)};
.aws.sgmtcfgs:{$[99h=type x;enlist x;x]};
.aws.cache:{[typ;paths] `cache_type`db_paths!(typ;.quoin.paths paths)};
.aws.db:{[name;changeset;caches;dataview]
 `database_name`changeset_id`cache_configurations`dataview_name!(name;changeset;caches;dataview)};
.aws.sdbs:{$[99h=type x;enlist x;x]};
.aws.sdep:{[strategy] enlist[`deployment_strategy]!enlist strategy};

/ publish and subscribe: .aws.w has, for each table, who subscribed to what of it
.aws.init_pubsub:{.aws.t:tables`.;.aws.w:.aws.t!(count .aws.t)#enlist();};
.aws.w:(0#`)!();
.aws.t:0#`;
.aws.without:{[subs;h] $[count subs;subs where not h=subs[;0];subs]};
.aws.del:{[h] if[count .aws.w;.aws.w:.aws.without[;h]each .aws.w];};
.aws.sel:{[t;syms] $[`~syms;t;select from t where sym in syms]};
.aws.pub:{[t;x] {[t;x;s] if[count x:.aws.sel[x;s 1];neg[s 0](`upd;t;x)]}[t;x]each .aws.w t;};
.aws.add:{[t;syms]
 .aws.w[t]:.aws.without[.aws.w t;.z.w],enlist(.z.w;syms);
 (t;$[99h=type v:value t;v;0#v])};
.aws.sub:{[t;syms]
 if[t~`;:.aws.sub[;syms]each .aws.t];
 if[not t in .aws.t;'t];
 .aws.add[t;syms]};

.aws.internal_log_info:{-1 x;};
.aws.internal_log_err:{-2 x;};
.aws.logger_info:.aws.internal_log_info;
.aws.logger_err:.aws.internal_log_err;
.aws.run_system_command:{system x};
