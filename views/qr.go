package views

import (
	"fmt"
	"image/color"
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// QRCode is a text as a QR code (ISO/IEC 18004) of medium correction, which reads a code of which a tenth is
// dirty or torn.
type QRCode struct {
	size int    // modules a side, with the quiet zone
	path string // of the dark modules, one unit a module
}

// quiet is the white border that scanners need, in modules.
const quiet = 4

// NewQRCode draws a text of at most 2331 bytes; more does not fit into a code.
func NewQRCode(text string) (QRCode, error) {
	drawn, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return QRCode{}, fmt.Errorf("QR code of %d bytes: %w", len(text), err)
	}
	side := drawn.Bounds().Dx()
	dark := func(x, y int) bool { return x < side && drawn.At(x, y) == color.Black }
	var path strings.Builder
	for y := range side {
		for x := 0; x < side; x++ {
			from := x
			for dark(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return QRCode{size: side + 2*quiet, path: path.String()}, nil
}

func (c QRCode) viewBox() string { return fmt.Sprintf("0 0 %d %d", c.size, c.size) }

// width is what the picture takes where nothing else says: eight pixels a module.
func (c QRCode) width() string { return strconv.Itoa(8 * c.size) }
