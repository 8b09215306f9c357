package finspace

// LoadConfigFrom is LoadConfig with an environment of the test's.
func LoadConfigFrom(profile string, env map[string]string) (Config, error) {
	return loadConfig(profile, func(name string) string { return env[name] })
}
