package config

import (
	"flag"
	"regexp"
)

// Flags defines the flag of each setting that has one and gives the lookup that Parse wants. A flag that was
// given, even an empty one, beats the environment.
func Flags(set *flag.FlagSet, getenv func(name string) string) func(name string) string {
	given := map[string]string{}
	for _, s := range All() {
		if s.EnvOnly {
			continue
		}
		set.Func(s.Flag(), s.Help, func(v string) error {
			given[s.Name] = v
			if s.Secret && holdsPassword(v) {
				given[exposed] = s.Name
			}
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

// exposed is where the lookup of Flags tells Parse of a setting that was given as a flag and holds a
// password. No environment can have a variable of that name.
const exposed = "=exposed"

func holdsPassword(address string) bool {
	return regexp.MustCompile(`://[^/@]*:[^@]+@`).MatchString(address)
}

// checkExposed refuses a password on the command line, which everybody on the machine can read in the list of
// processes for as long as the program runs.
func checkExposed(setting string) error {
	if setting == "" {
		return nil
	}
	return refuse(setting, "holds a password and was given as a flag, where everybody on the machine can read it; set "+
		"it in the environment, or name its file with %s", FileOf(setting))
}
