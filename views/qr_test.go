package views_test

import (
	"encoding/xml"
	"image"
	"image/color"
	"image/draw"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"reglink/app"
	"reglink/views"
)

// renderChart is the SVG file of a code, of which this reads what a browser paints.
type renderChart struct {
	XMLName xml.Name `xml:"http://www.w3.org/2000/svg svg"`
	ViewBox string   `xml:"viewBox,attr"`
	Title   string   `xml:"title"`
	Rect    struct {
		Fill string `xml:"fill,attr"`
	} `xml:"rect"`
	Path struct {
		D    string `xml:"d,attr"`
		Fill string `xml:"fill,attr"`
	} `xml:"path"`
}

func renderCode(t *testing.T, text, title string) renderChart {
	t.Helper()
	code, err := views.NewQRCode(text)
	if err != nil {
		t.Fatal(err)
	}
	var file strings.Builder
	if err := views.QRImage(code, title).Render(t.Context(), &file); err != nil {
		t.Fatal(err)
	}
	var d renderChart
	if err := xml.Unmarshal([]byte(file.String()), &d); err != nil {
		t.Fatalf("%v in\n%s", err, file.String())
	}
	return d
}

var modulesInARow = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// paint paints the picture at so many pixels a module.
func (d renderChart) paint(t *testing.T, scale int) image.Image {
	t.Helper()
	side := formatNumber(t, d.ViewBox[strings.LastIndexByte(d.ViewBox, ' ')+1:])
	picture := image.NewGray(image.Rect(0, 0, side*scale, side*scale))
	draw.Draw(picture, picture.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	for _, r := range modulesInARow.FindAllStringSubmatch(d.Path.D, -1) {
		x, y, w := formatNumber(t, r[1]), formatNumber(t, r[2]), formatNumber(t, r[3])
		if r[3] != r[4] || x < 4 || y < 4 || x+w > side-4 || y >= side-4 {
			t.Fatalf("%q is drawn into the quiet zone of %d modules", r[0], side)
		}
		dark := image.Rect(x*scale, y*scale, (x+w)*scale, (y+1)*scale)
		draw.Draw(picture, dark, image.NewUniform(color.Black), image.Point{}, draw.Src)
	}
	if rest := modulesInARow.ReplaceAllString(d.Path.D, ""); rest != "" {
		t.Fatalf("the path has %q besides", rest)
	}
	return picture
}

func formatNumber(t *testing.T, digits string) int {
	t.Helper()
	n, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What a phone's camera reads is exactly the address.
func TestQRCode_ReadsAsTheAddress(t *testing.T) {
	t.Parallel()
	// The picture has no noise: without this the decoder looks for the corners as in a photograph, and now and
	// then misses one.
	exact := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	for _, base := range []string{
		"http://127.0.0.1:3000", "https://support.example.com", "https://" + strings.Repeat("long-name.", 20) + "example",
		"https://b\u00fccher.example",
	} {
		for range 5 {
			address := base + "/register/" + app.NewToken(app.LinkToken)
			d := renderCode(t, address, "Code")
			if d.Rect.Fill != "#fff" || d.Path.Fill != "#000" {
				t.Errorf("%s on %s: a scanner looks for black on white", d.Path.Fill, d.Rect.Fill)
			}
			bitmap, err := gozxing.NewBinaryBitmapFromImage(d.paint(t, 4))
			if err != nil {
				t.Fatal(err)
			}
			read, err := qrcode.NewQRCodeReader().Decode(bitmap, exact)
			if err != nil {
				t.Fatalf("the code of %s cannot be read: %v", address, err)
			}
			if read.GetText() != address {
				t.Errorf("the code of %s reads %s", address, read.GetText())
			}
		}
	}
}

func TestQRCode_EscapesItsTitle(t *testing.T) {
	t.Parallel()
	for _, title := range []string{`<script>&"'`, "]]>", "李 伟 🦊"} {
		if d := renderCode(t, "https://support.example.com", title); d.Title != title {
			t.Errorf("the title %q is drawn as %q", title, d.Title)
		}
	}
	if _, err := views.NewQRCode(strings.Repeat("a", 3000)); err == nil {
		t.Error("3000 bytes fit into no code")
	}
}
