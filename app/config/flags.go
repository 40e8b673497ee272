package config

import "flag"

// Flags defines the flag of each setting that has one and gives the lookup that Parse wants. A flag that was given, even an
// empty one, beats the environment.
func Flags(set *flag.FlagSet, getenv func(name string) string) func(name string) string {
	given := map[string]string{}
	for _, s := range All() {
		if s.EnvOnly {
			continue
		}
		set.Func(s.Flag(), s.Help, func(v string) error {
			given[s.Name] = v
			return nil
		})
	}
	return func(name string) string {
		if v, ok := given[name]; ok {
			return v
		}
		return getenv(name)
	}
}
