package app_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// Limits that no linter of ours knows. Those of functions and lines, comments on exported names and init are in
// .golangci.yml. Generated files don't count.
const (
	maxFileLines     = 400
	maxTestFileLines = 600
	maxNesting       = 3 // blocks inside blocks; a closure starts again. Two is the aim
	maxTestNesting   = 4 // cases for each browser, in each language
	maxParameters    = 4 // without the receiver and the context; tests have no limit
)

// tooBig lists what is too big or too deep in one file.
func tooBig(file sourceFile) []string {
	var found []string
	limit := maxFileLines
	if file.isTest() {
		limit = maxTestFileLines
	}
	if lines := strings.Count(file.text, "\n"); lines > limit {
		found = append(found, fmt.Sprintf("%s has %d lines, %d are enough", file.path, lines, limit))
	}
	if !strings.HasSuffix(file.path, ".go") {
		return found
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file.path, file.text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return append(found, err.Error())
	}
	p := inspection{fset: fset, found: found, nesting: maxNesting}
	if file.isTest() {
		p.nesting = maxTestNesting
	}
	p.functions(parsed)
	if !file.isTest() {
		p.parameters(parsed)
	}
	return p.found
}

// inspection collects complaints about one file.
type inspection struct {
	fset    *token.FileSet
	found   []string
	nesting int
}

func (p *inspection) complain(at ast.Node, format string, args ...any) {
	p.found = append(p.found, p.fset.Position(at.Pos()).String()+": "+fmt.Sprintf(format, args...))
}

func (p *inspection) functions(file *ast.File) {
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			p.function(f)
		}
	}
}

func (p *inspection) function(f *ast.FuncDecl) {
	if f.Body == nil {
		return
	}
	ast.Inspect(f, func(n ast.Node) bool {
		body := f.Body
		switch n := n.(type) {
		case *ast.FuncLit:
			body = n.Body
		case *ast.FuncDecl:
		default:
			return true
		}
		if depth := deepest(body); depth > p.nesting {
			p.complain(n, "%s is nested %d deep, %d is enough", f.Name.Name, depth, p.nesting)
		}
		return true
	})
}

// deepest counts how many blocks stand inside one another. An else-if is as deep as its if, the cases of a
// switch are as deep as the switch, and a closure is counted by itself.
func deepest(n ast.Node) int {
	deep := 0
	ast.Inspect(n, func(child ast.Node) bool {
		if child == n {
			return true
		}
		switch child := child.(type) {
		case *ast.IfStmt:
			deep = max(deep, 1+deepest(child.Body), deepestElse(child.Else))
			return false
		case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			deep = max(deep, 1+deepest(child))
			return false
		case *ast.FuncLit:
			return false
		}
		return true
	})
	return deep
}

func deepestElse(branch ast.Stmt) int {
	switch branch := branch.(type) {
	case *ast.IfStmt:
		return max(1+deepest(branch.Body), deepestElse(branch.Else))
	case *ast.BlockStmt:
		return 1 + deepest(branch)
	}
	return 0
}

func (p *inspection) parameters(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		if signature, ok := n.(*ast.FuncType); ok && countParameters(signature) > maxParameters {
			p.complain(signature, "%d parameters, %d are enough", countParameters(signature), maxParameters)
		}
		return true
	})
}

func countParameters(signature *ast.FuncType) int {
	count := 0
	for _, field := range signature.Params.List {
		if !isContext(field.Type) {
			count += max(1, len(field.Names))
		}
	}
	return count
}

func isContext(t ast.Expr) bool {
	selector, ok := t.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of, ok := selector.X.(*ast.Ident)
	return ok && of.Name == "context" && selector.Sel.Name == "Context"
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for _, file := range sourceFiles(t, ".go", ".templ") {
		if file.isGenerated() {
			continue
		}
		for _, complaint := range tooBig(file) {
			t.Error(complaint)
		}
	}
}

// sizeSample is a file and part of the only complaint about it; empty if there is no complaint.
type sizeSample struct {
	name string
	path string
	text string
	want string
}

func (sample sizeSample) check(t *testing.T) {
	t.Helper()
	found := tooBig(sourceFile{path: sample.path, text: sample.text})
	right := len(found) == 0
	if sample.want != "" {
		right = len(found) == 1 && strings.Contains(found[0], sample.want)
	}
	if !right {
		t.Errorf("%s: got %q, want %q", sample.name, found, sample.want)
	}
}

// TestSizesFires proves that each of the checks finds what it is for, and only that.
func TestSizesFires(t *testing.T) {
	t.Parallel()
	lines := func(n int) string { return strings.Repeat("//\n", n) }
	for _, sample := range []sizeSample{
		{"file of 400", "a.go", "package a\n" + lines(399), ""},
		{"file of 401", "a.go", "package a\n" + lines(400), "has 401 lines"},
		{"test of 600", "a_test.go", "package a\n" + lines(599), ""},
		{"test of 601", "a_test.go", "package a\n" + lines(600), "has 601 lines"},
		{"page of 401", "a.templ", lines(401), "has 401 lines"},
		{"not Go", "a.go", "pakcage a\n", "expected 'package'"},
		{"four parameters", "a.go", "package a\nfunc (t t) f(ctx context.Context, a, b int, c, d string) {}\n", ""},
		{"five parameters", "a.go", "package a\nfunc f(a, b int, c, d, e string) {}\n", "5 parameters"},
		{"five in an interface", "a.go", "package a\ntype t interface { f(int, int, int, int, int) }\n", "5 parameters"},
		{"five in a closure", "a.go", "package a\nvar f = func(a, b, c, d, e int) {}\n", "5 parameters"},
		{"five in a test", "a_test.go", "package a\nfunc f(a, b, c, d, e int) {}\n", ""},
	} {
		sample.check(t)
	}
}

func TestNestingFires(t *testing.T) {
	t.Parallel()
	for _, sample := range []sizeSample{
		{"three", "for { if a { switch { case b: } } }", "", ""},
		{"four", "for { if a { switch { case b: for { } } } }", "", "nested 4 deep"},
		{
			"type switch and select", "for { switch a.(type) { case b: select { case <-c: for range d { } } } }", "",
			"nested 4 deep",
		},
		{"four in an else", "if a { } else { for { select { default: for { } } } }", "", "nested 4 deep"},
		{"chain of else-if", "for { for { if a { } else if b { } else if c { } else { } } }", "", ""},
		{"four in an else-if", "if a { } else if b { for { for { for { } } } }", "", "nested 4 deep"},
		{"closure counted by itself", "for { for { if a { _ = func() { for { for { if b { } } } } } } }", "", ""},
		{"four in a closure", "_ = func() { for { for { for { for { } } } } }", "", "nested 4 deep"},
		{"four in a closure of a condition", "if g(func() { for { for { for { for { } } } } }) { }", "", "nested 4 deep"},
	} {
		sample.path, sample.text = "a.go", "package a\nfunc f() { "+sample.path+" }\n"
		sample.check(t)
	}
	sizeSample{"four in a test", "a_test.go", "package a\nfunc f() { for { for { for { for { } } } } }\n", ""}.check(t)
	sizeSample{
		"five in a test", "a_test.go", "package a\nfunc f() { for { for { for { for { for { } } } } } }\n",
		"nested 5 deep",
	}.check(t)
}
