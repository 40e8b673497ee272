package app

// RegistrationForm is what a new user types. The fields carry the names of the form (design.md, section 4).
type RegistrationForm struct {
	FirstName string
	LastName  string
	Email     string
	Profile
	Password     string
	Topics       []string
	EULA         string // the version accepted; empty where the box is not ticked
	SubmissionID string // made with the form; the same when it is sent again

	// Without a link also:
	EntitlementKind EntitlementKind
	OrderSummary    string
	CompanyID       string
	SerialNumber    string
	AuthCode        string
}

// RegistrationFields of the registration form that the live check knows.
func RegistrationFields() []string {
	return append(ProfileFields(), "first_name", "last_name", "email", "password", "topics", "eula")
}

// entitlementFields are those that the form without a link has besides.
func entitlementFields() []string {
	return []string{"proof", "order_summary", "company_id", "serial_number", "auth_code"}
}

// Tidied gives the form as it is checked and kept: the lines composed and trimmed. The password stays exactly
// as it was typed.
func (f RegistrationForm) Tidied() RegistrationForm {
	f.FirstName, f.LastName, f.Email = tidy(f.FirstName), tidy(f.LastName), tidyEmail(f.Email)
	f.tidyProfile()
	f.CompanyID = CompanyID(f.CompanyID)
	for _, code := range []*string{&f.OrderSummary, &f.SerialNumber, &f.AuthCode} {
		*code = EntitlementCode(*code)
	}
	return f
}

// Problems of a tidied form, field by field, for an account of that name. They are the same for the live
// check and for the submitted form; only whether the email is taken needs the directory.
func (f RegistrationForm) Problems(accountName string) Problems {
	p := Problems{}
	addNameProblems(p, f.FirstName, f.LastName)
	_, m := EmailKey(f.Email)
	p.Add("email", m)
	f.addProfileProblems(p)
	p.Add("password", PasswordProblem(f.Password, f.FirstName, f.LastName, f.Email, accountName))
	p.Add("topics", topicsProblem(f.Topics))
	p.Add("eula", eulaProblem(f.EULA))
	if !IsID(f.SubmissionID) {
		p.Add("", Say("form_incomplete"))
	}
	return p
}

// addEntitlementProblems adds what is wrong with the entitlement's fields. Only those of the chosen proof count.
func (f RegistrationForm) addEntitlementProblems(p Problems) {
	switch f.EntitlementKind {
	case OrderSummary:
		p.Add("order_summary", requiredProblem(f.OrderSummary, "order_summary_required", MaxEntitlementCode))
	case SerialNumber:
		p.Add("company_id", requiredProblem(f.CompanyID, "company_id_required", MaxCompanyID))
		p.Add("serial_number", requiredProblem(f.SerialNumber, "serial_number_required", MaxEntitlementCode))
	case AuthCode:
		p.Add("auth_code", requiredProblem(f.AuthCode, "auth_code_required", MaxEntitlementCode))
	default:
		p.Add("proof", Say("proof_required"))
	}
}

// entitlementCode is the number or code of the chosen proof.
func (f RegistrationForm) entitlementCode() string {
	switch f.EntitlementKind {
	case OrderSummary:
		return f.OrderSummary
	case SerialNumber:
		return f.SerialNumber
	}
	return f.AuthCode
}
