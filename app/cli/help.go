package cli

import (
	"fmt"
	"strings"

	"reglink/app/config"
)

const lineWidth = 100

// help is what --help prints: about the command that the words name, or about all of them.
func (p Program) help(asked command, words []string) string {
	if asked.name == "" || len(words) == 0 {
		return p.overview() + "\n" + settingsHelp()
	}
	text := asked.usage() + "\n" + wrap(asked.about+" "+asked.details, "") + "\n"
	for _, o := range asked.options {
		about := o.about
		if o.standard != "" {
			about += " Default: " + o.standard + "."
		}
		text += "  " + o.usage() + "\n" + wrap(about, "      ")
	}
	return text + "\n" + settingsHelp()
}

// overview lists the commands.
func (p Program) overview() string {
	var b strings.Builder
	b.WriteString("Reglink lets a company's own people into its support account by one registration link.\n\n")
	b.WriteString("Usage: reglink [COMMAND] [SETTINGS]\n\n")
	for _, c := range p.commands() {
		fmt.Fprintf(&b, "  %-36s%s\n", strings.TrimSpace(c.name+" "+c.argument), c.about)
	}
	b.WriteString("\nMore about each with: reglink COMMAND --help\n")
	return b.String()
}

// usage is the command's one line.
func (c command) usage() string {
	parts := []string{"Usage: reglink", c.name}
	if c.argument != "" {
		parts = append(parts, c.argument)
	}
	for _, o := range c.options {
		text := o.usage()
		if o.standard != "" || o.value == "" {
			text = "[" + text + "]"
		}
		parts = append(parts, text)
	}
	return strings.Join(append(parts, "[SETTINGS]"), " ") + "\n"
}

func (o option) usage() string { return strings.TrimSpace("--" + o.name + " " + o.value) }

func settingsHelp() string {
	var b strings.Builder
	b.WriteString("Settings, each a flag or a variable of the environment; the flag wins:\n")
	for _, s := range config.All() {
		title := "--" + s.Flag() + ", " + s.Name
		if s.EnvOnly {
			title = s.Name + " (no flag: a command line is visible to everybody on the machine)"
		}
		about := s.Help
		if s.Default != "" {
			about += " Default: " + s.Default + "."
		}
		fmt.Fprintf(&b, "\n  %s\n%s", title, wrap(about, "      "))
	}
	return b.String()
}

// wrap breaks a text between words into lines that begin with the indent.
func wrap(text, indent string) string {
	var b strings.Builder
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line) > len(indent) && len(line)+len(word) > lineWidth {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += word + " "
	}
	return b.String() + strings.TrimRight(line, " ") + "\n"
}
