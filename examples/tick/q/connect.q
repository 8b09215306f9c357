/ Connections to other clusters, with this cluster's execution role.

/ opt has the cluster's command-line arguments
opt:first each .Q.opt .z.X

/ node connects to the first node of a cluster, cluster to whichever has room
node:{[c] hopen`$.aws.get_kx_node_connection_string[c;first .aws.list_kx_cluster_nodes[c]`node_id]}
cluster:{[c] hopen`$.aws.get_kx_connection_string c}
