package app

import "slices"

// InvitationForm is the form of Send invitations.
type InvitationForm struct {
	Addresses string // as they were typed or pasted
	File      string // the content of an uploaded list; empty: none was
	Language  string // of the mails
}

// read gives the addresses of a form, each once, and its problems, where languages are the tags that the catalogues know.
func (f InvitationForm) read(languages []string) ([]Address, Problems) {
	problems := Problems{}
	typed, uploaded := ReadAddresses(f.Addresses), AddressList{}
	if text, ok := fileText(f.File); ok {
		uploaded = ReadAddresses(text)
	} else {
		problems.Add("file", Say("file_not_text"))
	}
	problems.Add("addresses", badAddresses(typed))
	problems.Add("file", badAddresses(uploaded))
	all := merged(typed.Good, uploaded.Good)
	if len(all) > MaxInvitations {
		field := "addresses"
		if len(uploaded.Good) > len(typed.Good) {
			field = "file"
		}
		problems.Add(field, Say("addresses_too_many", "Number", len(all), "Max", MaxInvitations))
	}
	if len(all) == 0 && len(problems) == 0 {
		problems.Add("addresses", Say("addresses_required"))
	}
	if !slices.Contains(languages, f.Language) {
		problems.Add("language", Say("language_unknown"))
	}
	return all, problems
}

func badAddresses(list AddressList) Message {
	if len(list.Bad) == 0 {
		return Message{}
	}
	return Say("addresses_bad", "Count", len(list.Bad))
}

// merged gives the addresses of two lists, each once.
func merged(first, second []Address) []Address {
	known := make(map[string]bool, len(first))
	for _, a := range first {
		known[a.Key] = true
	}
	all := slices.Clone(first)
	for _, a := range second {
		if !known[a.Key] {
			all = append(all, a)
		}
	}
	return all
}

// BadAddresses gives what is wrong with the addresses that were typed, and with those of the file, so that a form can show it.
func (f InvitationForm) BadAddresses() ([]BadAddress, []BadAddress) {
	typed := ReadAddresses(f.Addresses).Bad
	var uploaded []BadAddress
	if text, ok := fileText(f.File); ok {
		uploaded = ReadAddresses(text).Bad
	}
	return typed, uploaded
}
