package messages

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"reglink/app"
)

// source is what the product's own Go files (templates are compiled to such) say about message ids.
type source struct {
	usedIDs    map[string]token.Position // ids that are said: the literal argument of Say, Refuse, Problem, T …
	literals   map[string]bool           // every string literal
	idPatterns []*regexp.Regexp          // of literals joined with other things: "confirm_" + action + "_title"
	constants  map[string][]string       // constants of the types in package app, by type name
	fset       *token.FileSet
}

// idArguments are the functions that take an id, and at which place.
var idArguments = map[string]int{
	"Say": 0, "T": 0, "t": 1, "Refuse": 1, "Problem": 1, "requiredProblem": 1,
	"orNotFound": 1,
}

func readSource(t *testing.T) *source {
	t.Helper()
	s := &source{
		usedIDs: map[string]token.Position{}, literals: map[string]bool{}, constants: map[string][]string{},
		fset: token.NewFileSet(),
	}
	for _, label := range app.ProfileFields() {
		s.usedIDs[label] = token.Position{Filename: "app.Profile"}
	}
	root := filepath.Join("..", "..")
	for _, part := range []string{"app", "db", "views", "main.go"} {
		err := filepath.WalkDir(filepath.Join(root, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			return s.read(path)
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return s
}

func (s *source) read(path string) error {
	file, err := parser.ParseFile(s.fset, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, s.visit)
	return nil
}

func (s *source) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		s.addPattern(n)
		for _, part := range summands(n) {
			ast.Inspect(part, s.visit)
		}
		return false
	case *ast.CallExpr:
		s.addCall(n)
	case *ast.ValueSpec:
		s.addConstant(n)
	case *ast.BasicLit:
		if text, ok := stringLiteral(n); ok {
			s.literals[text] = true
		}
	}
	return true
}

// addPattern notes a sum of strings that begins like an id.
func (s *source) addPattern(sum *ast.BinaryExpr) {
	parts := summands(sum)
	if first, ok := stringLiteral(parts[0]); !ok || !strings.HasSuffix(first, "_") {
		return
	}
	pattern := "^"
	for _, part := range parts {
		if literal, ok := stringLiteral(part); ok {
			pattern += regexp.QuoteMeta(literal)
		} else {
			pattern += "[a-z0-9_]+"
		}
	}
	s.idPatterns = append(s.idPatterns, regexp.MustCompile(pattern+"$"))
}

// summands of a sum, from left to right.
func summands(e ast.Expr) []ast.Expr {
	sum, ok := e.(*ast.BinaryExpr)
	if !ok {
		return []ast.Expr{e}
	}
	return append(summands(sum.X), sum.Y)
}

func (s *source) addCall(c *ast.CallExpr) {
	name := ""
	switch f := c.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	at, ok := idArguments[name]
	if !ok || at >= len(c.Args) {
		return
	}
	if id, ok := stringLiteral(c.Args[at]); ok {
		s.usedIDs[id] = s.fset.Position(c.Pos())
	}
}

func (s *source) addConstant(v *ast.ValueSpec) {
	of, ok := v.Type.(*ast.Ident)
	if !ok || len(v.Values) != 1 {
		return
	}
	if value, ok := stringLiteral(v.Values[0]); ok {
		s.constants[of.Name] = append(s.constants[of.Name], value)
	}
}

func stringLiteral(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// prefixedIDs are the ids that are made of a value: a prefix for each type of package app. A topic is a value too.
func (s *source) prefixedIDs() map[string][]string {
	topics := make([]string, len(app.Topics()))
	for i, topic := range app.Topics() {
		topics[i] = string(topic)
	}
	return map[string][]string{
		"role_": s.constants["Role"], "status_": s.constants["Status"], "joined_": s.constants["JoinMethod"],
		"proof_":    s.constants["EntitlementKind"],
		"activity_": s.constants["Event"], "letter_": s.constants["NoticeKind"], "delivery_": s.constants["Delivery"],
		"purpose_": s.constants["ConfirmationPurpose"], "group_": s.constants["EventGroup"],
		"link_state_": s.constants["LinkState"], "expiry_": s.constants["LinkExpiry"],
		"invitation_state_": s.constants["InvitationState"], "way_": s.constants["SignInMethod"], "topic_": topics,
	}
}

// helpPrefixes are the prefixes whose values have a sentence besides the word.
var helpPrefixes = []string{"role_", "topic_", "proof_", "way_"}

func TestCatalogues_HaveAWordForEveryConstant(t *testing.T) {
	t.Parallel()
	english := messagesOf(t, fallbackTag)
	for prefix, values := range readSource(t).prefixedIDs() {
		if len(values) == 0 {
			t.Errorf("no value found for %s…: was its type renamed?", prefix)
		}
		for _, value := range values {
			if english[prefix+value] == nil {
				t.Errorf("en.toml lacks %s", prefix+value)
			}
			if slices.Contains(helpPrefixes, prefix) && english[prefix+value+"_help"] == nil {
				t.Errorf("en.toml lacks %s", prefix+value+"_help")
			}
		}
	}
}

func TestCatalogues_HaveEveryUsedID(t *testing.T) {
	t.Parallel()
	english := messagesOf(t, fallbackTag)
	for id, at := range readSource(t).usedIDs {
		if english[id] == nil {
			t.Errorf("%s: en.toml lacks %s", at, id)
		}
	}
}

func TestCatalogues_HaveNoUnusedID(t *testing.T) {
	t.Parallel()
	s := readSource(t)
	for id := range messagesOf(t, fallbackTag) {
		if !s.literals[id] && !s.canBuild(id) && !s.isHelpStep(id) {
			t.Errorf("nothing says %s: remove it from the catalogues", id)
		}
	}
}

// canBuild tells whether the id can come out of a prefix and a value, or of another sum of strings.
func (s *source) canBuild(id string) bool {
	for prefix, values := range s.prefixedIDs() {
		if rest, ok := strings.CutPrefix(id, prefix); ok {
			word, help := strings.CutSuffix(rest, "_help")
			return slices.Contains(values, word) && (!help || slices.Contains(helpPrefixes, prefix))
		}
	}
	return slices.ContainsFunc(s.idPatterns, func(sum *regexp.Regexp) bool { return sum.MatchString(id) })
}

var helpStepPattern = regexp.MustCompile(`^(help_[a-z]+_)[1-9]$`)

// isHelpStep tells whether the id is one of the numbered steps below a help text: help_share_1 below help_share_text.
func (s *source) isHelpStep(id string) bool {
	found := helpStepPattern.FindStringSubmatch(id)
	return found != nil && s.literals[found[1]+"text"]
}
