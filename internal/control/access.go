package control

// Access says what a caller must be allowed to do for one operation, after the
// service authorization reference of finspace. The action has the operation's
// name.
type Access struct {
	// Resource is the tail of the ARN that the permission must cover, with the
	// members of the request that its names come from in braces. Empty stands
	// for "*": the reference names no resource.
	Resource string

	// Tags says that the request's tags are part of the decision, as
	// aws:RequestTag/KEY and aws:TagKeys.
	Tags bool
}

const (
	onBrowser      = "environment/{environmentId}"
	onEnvironment  = "kxEnvironment/{environmentId}"
	onUser         = "kxEnvironment/{environmentId}/kxUser/{userName}"
	onCluster      = "kxEnvironment/{environmentId}/kxCluster/{clusterName}"
	onDatabase     = "kxEnvironment/{environmentId}/kxDatabase/{databaseName}"
	onDataview     = "kxEnvironment/{environmentId}/kxDatabase/{databaseName}/kxDataview/{dataviewName}"
	onScalingGroup = "kxEnvironment/{environmentId}/kxScalingGroup/{scalingGroupName}"
	onVolume       = "kxEnvironment/{environmentId}/kxVolume/{volumeName}"
	onTagged       = "{resourceArn}" // the whole ARN, not a tail
)

// AccessOf is the row of an operation; there is one for each. What a handler
// needs beyond it (finspace:MountKxDatabase to create a cluster with a
// database, for instance) it asks for itself.
func AccessOf(operation string) (Access, bool) {
	a, ok := accessTable[operation]
	return a, ok
}

var accessTable = map[string]Access{
	"CreateEnvironment": {"environment/*", true},
	"DeleteEnvironment": {onBrowser, false},
	"GetEnvironment":    {onBrowser, false},
	"ListEnvironments":  {"environment/*", false},
	"UpdateEnvironment": {onBrowser, false},

	"CreateKxEnvironment":        {"", true},
	"DeleteKxEnvironment":        {onEnvironment, false},
	"GetKxEnvironment":           {onEnvironment, false},
	"ListKxEnvironments":         {"", false},
	"UpdateKxEnvironment":        {onEnvironment, false},
	"UpdateKxEnvironmentNetwork": {onEnvironment, false},

	"CreateKxUser": {onEnvironment, true},
	"DeleteKxUser": {onUser, false},
	"GetKxUser":    {onUser, false},
	"ListKxUsers":  {onEnvironment, false},
	"UpdateKxUser": {onUser, false},

	"CreateKxCluster":                  {onCluster, true},
	"DeleteKxCluster":                  {onCluster, false},
	"DeleteKxClusterNode":              {onCluster, false},
	"GetKxCluster":                     {onCluster, false},
	"GetKxConnectionString":            {onCluster, false},
	"ListKxClusterNodes":               {onCluster, false},
	"ListKxClusters":                   {onEnvironment, false},
	"UpdateKxClusterCodeConfiguration": {onCluster, false},
	"UpdateKxClusterDatabases":         {onCluster, false},

	"CreateKxChangeset": {onDatabase, false},
	"CreateKxDatabase":  {onDatabase, true},
	"DeleteKxDatabase":  {onDatabase, false},
	"GetKxChangeset":    {onDatabase, false},
	"GetKxDatabase":     {onDatabase, false},
	"ListKxChangesets":  {onDatabase, false},
	"ListKxDatabases":   {onEnvironment, false},
	"UpdateKxDatabase":  {onDatabase, false},

	"CreateKxDataview": {onDataview, true},
	"DeleteKxDataview": {onDataview, false},
	"GetKxDataview":    {onDataview, false},
	"ListKxDataviews":  {onDatabase, false},
	"UpdateKxDataview": {onDataview, false},

	"CreateKxScalingGroup": {onScalingGroup, true},
	"DeleteKxScalingGroup": {onScalingGroup, false},
	"GetKxScalingGroup":    {onScalingGroup, false},
	"ListKxScalingGroups":  {onEnvironment, false},

	"CreateKxVolume": {onVolume, true},
	"DeleteKxVolume": {onVolume, false},
	"GetKxVolume":    {onVolume, false},
	"ListKxVolumes":  {onEnvironment, false},
	"UpdateKxVolume": {onVolume, false},

	"ListTagsForResource": {onTagged, false},
	"TagResource":         {onTagged, true},
	"UntagResource":       {onTagged, true},
}
