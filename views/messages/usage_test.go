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
	said    map[string]token.Position // ids that are said: the literal argument of Say, Refuse, Problem, T …
	literal map[string]bool           // every string literal
	joined  []*regexp.Regexp          // of literals joined with other things: "confirm_" + action + "_title"
	values  map[string][]string       // constants of the types in package app, by type name
	files   *token.FileSet
}

// sayers are the functions that take an id, and at which place.
var sayers = map[string]int{"Say": 0, "T": 0, "t": 1, "Refuse": 1, "Problem": 1, "requiredProblem": 1, "orNotFound": 1}

func readSource(t *testing.T) *source {
	t.Helper()
	s := &source{
		said: map[string]token.Position{}, literal: map[string]bool{}, values: map[string][]string{}, files: token.NewFileSet(),
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
	file, err := parser.ParseFile(s.files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, s.visit)
	return nil
}

func (s *source) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		s.join(n)
		for _, part := range terms(n) {
			ast.Inspect(part, s.visit)
		}
		return false
	case *ast.CallExpr:
		s.call(n)
	case *ast.ValueSpec:
		s.constant(n)
	case *ast.BasicLit:
		if text, ok := text(n); ok {
			s.literal[text] = true
		}
	}
	return true
}

// join notes a sum of strings that begins like an id.
func (s *source) join(sum *ast.BinaryExpr) {
	parts := terms(sum)
	if first, ok := text(parts[0]); !ok || !strings.HasSuffix(first, "_") {
		return
	}
	pattern := "^"
	for _, part := range parts {
		if literal, ok := text(part); ok {
			pattern += regexp.QuoteMeta(literal)
		} else {
			pattern += "[a-z0-9_]+"
		}
	}
	s.joined = append(s.joined, regexp.MustCompile(pattern+"$"))
}

// terms of a sum, from left to right.
func terms(e ast.Expr) []ast.Expr {
	sum, ok := e.(*ast.BinaryExpr)
	if !ok {
		return []ast.Expr{e}
	}
	return append(terms(sum.X), sum.Y)
}

func (s *source) call(c *ast.CallExpr) {
	name := ""
	switch f := c.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	at, ok := sayers[name]
	if !ok || at >= len(c.Args) {
		return
	}
	if id, ok := text(c.Args[at]); ok {
		s.said[id] = s.files.Position(c.Pos())
	}
}

func (s *source) constant(v *ast.ValueSpec) {
	of, ok := v.Type.(*ast.Ident)
	if !ok || len(v.Values) != 1 {
		return
	}
	if value, ok := text(v.Values[0]); ok {
		s.values[of.Name] = append(s.values[of.Name], value)
	}
}

func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// built are the ids that are made of a value: a prefix for each type of package app. A topic is a value too.
func (s *source) built() map[string][]string {
	topics := make([]string, len(app.Topics()))
	for i, topic := range app.Topics() {
		topics[i] = string(topic)
	}
	months := []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}
	return map[string][]string{
		"role_": s.values["Role"], "status_": s.values["Status"], "joined_": s.values["JoinMethod"], "proof_": s.values["EntitlementKind"],
		"activity_": s.values["Event"], "letter_": s.values["NoticeKind"], "delivery_": s.values["Delivery"],
		"purpose_": s.values["ConfirmationPurpose"], "group_": s.values["EventGroup"], "link_state_": s.values["LinkState"], "expiry_": s.values["LinkExpiry"],
		"invitation_state_": s.values["InvitationState"], "way_": s.values["SignInMethod"], "topic_": topics, "month_": months,
	}
}

// explained are the prefixes whose values have a sentence besides the word.
var explained = []string{"role_", "topic_", "proof_", "way_"}

func TestEveryValueHasAWord(t *testing.T) {
	t.Parallel()
	english := messagesOf(t, fallback)
	for prefix, values := range readSource(t).built() {
		if len(values) == 0 {
			t.Errorf("no value found for %s…: was its type renamed?", prefix)
		}
		for _, value := range values {
			if english[prefix+value] == nil {
				t.Errorf("en.toml lacks %s", prefix+value)
			}
			if slices.Contains(explained, prefix) && english[prefix+value+"_help"] == nil {
				t.Errorf("en.toml lacks %s", prefix+value+"_help")
			}
		}
	}
}

func TestEverySaidIDExists(t *testing.T) {
	t.Parallel()
	english := messagesOf(t, fallback)
	for id, at := range readSource(t).said {
		if english[id] == nil {
			t.Errorf("%s: en.toml lacks %s", at, id)
		}
	}
}

func TestEveryMessageIsUsed(t *testing.T) {
	t.Parallel()
	s := readSource(t)
	for id := range messagesOf(t, fallback) {
		if !s.literal[id] && !s.builds(id) && !s.step(id) {
			t.Errorf("nothing says %s: remove it from the catalogues", id)
		}
	}
}

// builds tells whether the id can come out of a prefix and a value, or of another sum of strings.
func (s *source) builds(id string) bool {
	for prefix, values := range s.built() {
		if rest, ok := strings.CutPrefix(id, prefix); ok {
			word, help := strings.CutSuffix(rest, "_help")
			return slices.Contains(values, word) && (!help || slices.Contains(explained, prefix))
		}
	}
	return slices.ContainsFunc(s.joined, func(sum *regexp.Regexp) bool { return sum.MatchString(id) })
}

var numbered = regexp.MustCompile(`^(help_[a-z]+_)[1-9]$`)

// step tells whether the id is one of the numbered steps below a help text: help_share_1 below help_share_text.
func (s *source) step(id string) bool {
	found := numbered.FindStringSubmatch(id)
	return found != nil && s.literal[found[1]+"text"]
}
