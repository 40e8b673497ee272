package app_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// The sizes of the house (design.md, section 6). Generated files are counted by nobody.
const (
	maxFileLines     = 200
	maxTestFileLines = 400
	maxFunctionLines = 50
	maxNesting       = 3 // blocks inside blocks; a closure begins anew. Two is the aim
	maxTestNesting   = 4 // cases for each browser, in each language
	maxParameters    = 4 // beside the receiver and the context; tests take what they like
)

// tooBig lists what is too big, too deep or without a comment in one file.
func tooBig(file source) []string {
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
		p.comments(parsed)
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
	if f.Name.Name == "init" && f.Recv == nil {
		p.complain(f, "init runs unseen; say it in main")
	}
	if f.Body == nil {
		return
	}
	if lines := p.fset.Position(f.End()).Line - p.fset.Position(f.Pos()).Line + 1; lines > maxFunctionLines {
		p.complain(f, "%s has %d lines, %d are enough", f.Name.Name, lines, maxFunctionLines)
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

// deepest counts how many blocks stand inside one another. An else-if is as deep as its if, the cases of a switch are as deep
// as the switch, and a closure is counted by itself.
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

func (p *inspection) comments(file *ast.File) {
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Name.IsExported() && decl.Doc == nil && ofExported(decl.Recv) {
				p.complain(decl, "%s is exported and has no comment", decl.Name.Name)
			}
		case *ast.GenDecl:
			p.specs(decl)
		}
	}
}

func ofExported(receiver *ast.FieldList) bool {
	if receiver == nil {
		return true
	}
	exported := false
	ast.Inspect(receiver.List[0].Type, func(n ast.Node) bool {
		name, ok := n.(*ast.Ident)
		exported = exported || (ok && name.IsExported())
		return true
	})
	return exported
}

func (p *inspection) specs(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			p.documented([]*ast.Ident{spec.Name}, decl.Doc, spec.Doc, spec.Comment)
		case *ast.ValueSpec:
			p.documented(spec.Names, decl.Doc, spec.Doc, spec.Comment)
		}
	}
}

func (p *inspection) documented(names []*ast.Ident, comments ...*ast.CommentGroup) {
	for _, name := range names {
		if name.IsExported() && !slices.ContainsFunc(comments, func(c *ast.CommentGroup) bool { return c != nil }) {
			p.complain(name, "%s is exported and has no comment", name.Name)
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for _, file := range sources(t, ".go", ".templ") {
		if file.isGenerated() {
			continue
		}
		for _, complaint := range tooBig(file) {
			t.Error(complaint)
		}
	}
}

// sizeSample is a file and part of the only complaint about it; empty: there is none.
type sizeSample struct {
	name string
	path string
	text string
	want string
}

func (sample sizeSample) check(t *testing.T) {
	t.Helper()
	found := tooBig(source{path: sample.path, text: sample.text})
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
		{"file of 200", "a.go", "package a\n" + lines(199), ""},
		{"file of 201", "a.go", "package a\n" + lines(200), "has 201 lines"},
		{"test of 400", "a_test.go", "package a\n" + lines(399), ""},
		{"test of 401", "a_test.go", "package a\n" + lines(400), "has 401 lines"},
		{"page of 201", "a.templ", lines(201), "has 201 lines"},
		{"not Go", "a.go", "pakcage a\n", "expected 'package'"},
		{"function of 50", "a.go", "package a\nfunc f() {\n" + lines(48) + "}\n", ""},
		{"function of 51", "a.go", "package a\nfunc f() {\n" + lines(49) + "}\n", "f has 51 lines"},
		{"method of 51", "a.go", "package a\nfunc (t t) f() {\n" + lines(49) + "}\n", "f has 51 lines"},
		{"four parameters", "a.go", "package a\nfunc (t t) f(ctx context.Context, a, b int, c, d string) {}\n", ""},
		{"five parameters", "a.go", "package a\nfunc f(a, b int, c, d, e string) {}\n", "5 parameters"},
		{"five in an interface", "a.go", "package a\ntype t interface { f(int, int, int, int, int) }\n", "5 parameters"},
		{"five in a closure", "a.go", "package a\nvar f = func(a, b, c, d, e int) {}\n", "5 parameters"},
		{"five in a test", "a_test.go", "package a\nfunc f(a, b, c, d, e int) {}\n", ""},
		{"exported type", "a.go", "package a\ntype T int\n", "T is exported"},
		{"exported function", "a.go", "package a\nfunc F() {}\n", "F is exported"},
		{"exported method", "a.go", "package a\nfunc (t *T) F() {}\n", "F is exported"},
		{"method of nobody's", "a.go", "package a\nfunc (t *t) F() {}\n", ""},
		{"exported constant", "a.go", "package a\nconst (\n\tA = 1\n\tb = 2\n)\n", "A is exported"},
		{"commented group", "a.go", "package a\n\n// The words.\nconst (\n\tA = 1\n\tB = 2\n)\n", ""},
		{"commented line", "a.go", "package a\n\nvar (\n\tA = 1 // how much\n)\n", ""},
		{"exported in a test", "a_test.go", "package a\ntype T int\n", ""},
		{"init", "a.go", "package a\nfunc init() {}\n", "init runs unseen"},
	} {
		sample.check(t)
	}
}

func TestNestingFires(t *testing.T) {
	t.Parallel()
	for _, sample := range []sizeSample{
		{"three", "for { if a { switch { case b: } } }", "", ""},
		{"four", "for { if a { switch { case b: for { } } } }", "", "nested 4 deep"},
		{"type switch and select", "for { switch a.(type) { case b: select { case <-c: for range d { } } } }", "", "nested 4 deep"},
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
	sizeSample{"five in a test", "a_test.go", "package a\nfunc f() { for { for { for { for { for { } } } } } }\n", "nested 5 deep"}.check(t)
}
