package app

// Profile is what a person may say about themselves: lines of text that may all stay empty. The registration form,
// the preferences, a member's page and the database go through Lines, so a new line is a field here, its entry in
// Lines, a column and a message that labels it.
type Profile struct {
	Phone    string
	JobTitle string
}

// ProfileLine is one line of a profile.
type ProfileLine struct {
	Name  string               // of the form's field, of the column and of the message that labels it
	Text  *string              // what the profile says
	Max   int                  // characters
	check func(string) Message // what is wrong with a text that is short enough; nil: nothing
}

// Lines of the profile, in the order in which they are asked for.
func (p *Profile) Lines() []ProfileLine {
	return []ProfileLine{
		{Name: "phone", Text: &p.Phone, Max: 40, check: phoneProblem},
		{Name: "job_title", Text: &p.JobTitle, Max: 120},
	}
}

// ProfileFields are the names of the lines.
func ProfileFields() []string {
	var names []string
	for _, line := range new(Profile).Lines() {
		names = append(names, line.Name)
	}
	return names
}

func (p *Profile) tidyProfile() {
	for _, line := range p.Lines() {
		*line.Text = tidy(*line.Text)
	}
}

func (p *Profile) addProfileProblems(to Problems) {
	for _, line := range p.Lines() {
		to.Add(line.Name, line.problem())
	}
}

func (l ProfileLine) problem() Message {
	if m := lineProblem(*l.Text, l.Max); !m.None() || *l.Text == "" || l.check == nil {
		return m
	}
	return l.check(*l.Text)
}

func phoneProblem(phone string) Message {
	if !phonePattern.MatchString(phone) {
		return Say("phone_invalid")
	}
	return Message{}
}
