package config

import (
	"regexp"
	"strings"
)

// FlagSet is what FlagsIn defines flags in: a flag.FlagSet or a pflag.FlagSet.
type FlagSet interface {
	Func(name, usage string, fn func(value string) error)
}

// Flags are the settings that were given as flags, by their names in the environment.
type Flags map[string]string

// FlagsIn defines the flag of each setting that has one. The flags are there once set was parsed.
func FlagsIn(set FlagSet) Flags {
	given := Flags{}
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
	return given
}

// Lookup returns the lookup that Parse wants. A flag that was given, even an empty one, overrides the environment,
// and that overrides the variables of a file (see EnvFile). A secret and the file that holds it are one setting: if
// one of them is a flag or in the environment, file is not asked for the other.
func Lookup(flags Flags, getenv func(name string) string, file map[string]string) func(name string) string {
	return func(name string) string {
		if v, ok := flags[name]; ok {
			return v
		}
		if v := getenv(name); v != "" {
			return v
		}
		other, isFile := strings.CutSuffix(name, FileOf(""))
		if !isFile {
			other = FileOf(name)
		}
		if _, ok := flags[other]; ok || getenv(other) != "" {
			return ""
		}
		return file[name]
	}
}

// exposed is the name under which Flags report a setting that was given as a flag and holds a password. No
// environment can have a variable of that name.
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
	return refuse(setting, "holds a password and was given as a flag, where everybody on the machine can read it; "+
		"set it in the environment, or name its file with %s", FileOf(setting))
}
