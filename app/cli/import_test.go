package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

func fileWith(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// imported runs one import and wants its summary and exactly these complaints, by their beginnings.
func imported(t *testing.T, e env, kind, content, summary string, complaints ...string) {
	t.Helper()
	got := reglink(t, e, "import", kind, fileWith(t, content))
	if want := ": " + summary + "\n"; !strings.HasPrefix(got.out, kind+" in the database ") ||
		!strings.HasSuffix(got.out, want) {
		t.Errorf("got %q, want %q (%s)", got.out, want, got.err)
	}
	lines := strings.Split(strings.TrimSuffix(got.err, "\n"), "\n")
	if len(complaints) == 0 {
		if got.code != exitDone || got.err != "" {
			t.Errorf("got exit %d and %q, want success", got.code, got.err)
		}
		return
	}
	if got.code != exitFailed || len(lines) != len(complaints)+1 {
		t.Fatalf("got exit %d and %q, want %d lines and a last one", got.code, got.err, len(complaints))
	}
	for i, want := range complaints {
		if !strings.HasPrefix(lines[i], "rows.csv:"+want) {
			t.Errorf("got %q, want %q", lines[i], want)
		}
	}
}

func TestImport_AddsWhatIsNewAndReportsTheRest(t *testing.T) {
	t.Parallel()
	importsEverything(t, created(t))
}

// importsEverything is what has to hold on every database.
func importsEverything(t *testing.T, e env) {
	t.Helper()
	accounts := "name,company_id,super_user\nAcme Widgets,100200,sue@acme.example\n" +
		"Borealis,200300,ingrid@borealis.example\n"
	imported(t, e, "accounts", accounts, "2 imported, 0 already known, 0 refused.")
	imported(t, e, "accounts", accounts+",300,x@x.example\nThird,300,not an address\nThird,300,sue@acme.example\n",
		"1 imported, 2 already known, 2 refused.", "4: name: ", "5: super_user: ")
	imported(t, e, "entitlements", "\xEF\xBB\xBFproof;code;Company_ID;remark\nauth_code;7Q2M "+
		"9XK4;100200;x\nAUTH_CODE;7q2m-9xk4;100200;\n"+
		"auth_code;7Q2M9XK4;200300;\nserial;SN1;100200;\nserial_number;SN1;999;\norder_summary;;100200;\n",
		"1 imported, 1 already known, 4 refused.",
		" column remark is not used", "4: code: ", "5: proof: ", "6: company_id: ", "7: code: ")
	imported(t, e, "identities", "email,last_name,first_name,language\nlena@acme.example,Fischer,Lena,de\n"+
		"SUE@acme.example,Perez,Sue,\na@b.example,B,A,tlh\n\"a,b@b.example\",B,A,\nshort,row\n"+
		"new@acme.example,\"O\"Neil\",N,\nlast@acme.example,Bjørnson,Åse,\n",
		"2 imported, 1 already known, 4 refused.",
		"4: language: ", "5: email: ", "6: the row does not have the 4 columns", "7: column ")
	o := opened(t, e)
	lena, err := o.store.IdentityByEmail(t.Context(), "lena@acme.example")
	if err != nil || lena.Name() != "Lena Fischer" || lena.Language != "de" || lena.ConfirmedAt == nil {
		t.Errorf("got %+v, %v", lena, err)
	}
	code, err := o.store.EntitlementByCode(t.Context(), app.AuthCode, "7Q2M9XK4")
	if err != nil || code.Account.Name != "Acme Widgets" {
		t.Errorf("got %+v, %v", code, err)
	}
}

func TestImport_RefusesFilesThatItCannotRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ content, want string }{
		"empty":              {"", "the first row must name the columns"},
		"without a header":   {"Acme,1,sue@acme.example\n", "the header row lacks name"},
		"without a column":   {"name,company_id\nAcme,1\n", "the header row lacks super_user"},
		"a column twice":     {"name,name,company_id,super_user\n", "names name twice"},
		"of another charset": {"\xFF\xFEn\x00a\x00", "UTF-16"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := on(t)
			got := reglink(t, e, "import", "accounts", fileWith(t, c.content))
			if got.code != exitFailed || !strings.Contains(got.err, "rows.csv: ") || !strings.Contains(got.err, c.want) {
				t.Errorf("got exit %d and %q, want %q", got.code, got.err, c.want)
			}
		})
	}
	got := reglink(t, on(t), "import", "accounts", filepath.Join(t.TempDir(), "none.csv"))
	if got.code != exitFailed || !strings.Contains(got.err, "none.csv") {
		t.Errorf("got exit %d and %q, want the missing file named", got.code, got.err)
	}
}

func TestCSVReader_ReadsRowsByColumnName(t *testing.T) {
	t.Parallel()
	content := "\xEF\xBB\xBF B ;\"a\";note\r\n1;\"x\ny\";\r\n\r\n;;\r\n2;\xE4;\r\n3;z;n\r\n"
	s, err := newCSVReader(strings.NewReader(content), []string{"a", "b"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"note"}; !slices.Equal(s.unused, want) {
		t.Errorf("got unused %q, want %q", s.unused, want)
	}
	first, err := s.next()
	if err != nil || first.line != 2 || first.cells["a"] != "x\ny" || first.cells["b"] != "1" {
		t.Errorf("got %+v, %v", first, err)
	}
	_, err = s.next()
	if bad, ok := errors.AsType[*badRow](err); !ok || bad.line != 6 || !strings.Contains(bad.reason, "UTF-8") {
		t.Errorf("got %v, want line 6 refused", err)
	}
	if third, err := s.next(); err != nil || third.line != 7 || third.cells["a"] != "z" {
		t.Errorf("got %+v, %v", third, err)
	}
	if _, err := s.next(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the end", err)
	}
}

func TestImport_ReadsStandardInput(t *testing.T) {
	t.Parallel()
	e := created(t)
	got := reglinkReading(t, "email,first_name,last_name\nlena@acme.example,Lena,Fischer\nlena,L,F\n", e, "import",
		"identities", "-")
	if got.code != exitFailed || !strings.HasSuffix(got.out, ": 1 imported, 0 already known, 1 refused.\n") ||
		!strings.HasPrefix(got.err, "standard input:3: email: ") {
		t.Errorf("got exit %d, %q and %q", got.code, got.out, got.err)
	}
	if got := reglink(t, e, "import", "identities", "-"); !strings.Contains(got.err,
		"standard input: the first row must name the columns") {
		t.Errorf("without input: got %q", got.err)
	}
}
