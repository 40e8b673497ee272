package views

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"reglink/app"
	"reglink/views/messages"
)

// renderChart is the picture with its table in a language.
func renderChart(t *testing.T, weeks []app.RegistrationWeek, language string) *goquery.Document {
	t.Helper()
	var b bytes.Buffer
	ctx := messages.With(t.Context(), messages.Strict().In(language))
	if err := registrationChart(weeks).Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	page, err := goquery.NewDocumentFromReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func attributeNumber(t *testing.T, s *goquery.Selection, attribute string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(strings.TrimSuffix(s.AttrOr(attribute, ""), "%"), 64)
	if err != nil {
		t.Errorf("%s: %v", attribute, err)
	}
	return f
}

func textOf(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// rowText are the words of a row, cell by cell.
func rowText(row *goquery.Selection) string {
	var all []string
	for _, cell := range row.Children().EachIter() {
		all = append(all, textOf(cell))
	}
	return strings.Join(all, " ")
}

func weeksFrom(day time.Time) []app.RegistrationWeek {
	weeks := make([]app.RegistrationWeek, app.DashboardWeeks)
	for i := range weeks {
		weeks[i].From = day.AddDate(0, 0, 7*i)
	}
	return weeks
}

var august = time.Date(2026, 8, 24, 0, 0, 0, 0, time.UTC)

// Of nobody, of one person and of ten thousand, the picture stays in its frame and shows everybody whom the
// table counts.
func TestChart_StaysInItsFrameAtEverySize(t *testing.T) {
	t.Parallel()
	for most, top := range map[int]string{
		0: "1", 1: "1", 3: "3", 4: "4", 5: "6", 9: "10", 41: "60", 10_000: "10,000",
		1_234_567: "1,500,000",
	} {
		weeks := weeksFrom(august)
		weeks[3].ByLink, weeks[12].ByEntitlement, weeks[12].ByLink = most, most-most/3, most/3
		weeks[5].ByLink = min(1, most)
		page := renderChart(t, weeks, "en")
		if got := textOf(page.Find("svg[aria-hidden] text").Last()); got != top {
			t.Errorf("%d: the axis ends at %q, want %q", most, got, top)
		}
		blocks := page.Find("svg[role=img] rect[class^='fill-accent']")
		want := 0
		for _, n := range []int{weeks[3].ByLink, weeks[5].ByLink, weeks[12].ByLink, weeks[12].ByEntitlement} {
			want += min(1, n)
		}
		if blocks.Length() != want {
			t.Errorf("%d: %d blocks, want %d", most, blocks.Length(), want)
		}
		for _, block := range blocks.EachIter() {
			y, height := attributeNumber(t, block, "y"), attributeNumber(t, block, "height")
			if height < minBarHeight || y < chartTop-minBarHeight || y+height > chartBaseline+.1 ||
				attributeNumber(t, block, "x")+attributeNumber(t, block, "width") > 100 {
				t.Errorf("%d: a block at %v, %v high, leaves the frame", most, y, height)
			}
		}
	}
}

// Two equal numbers are equally high, half of it is half as high, and a bar of two parts as high as both.
func TestChart_DrawsEqualNumbersEquallyHigh(t *testing.T) {
	t.Parallel()
	weeks := weeksFrom(august)
	weeks[0].ByLink, weeks[1].ByLink, weeks[2].ByLink, weeks[2].ByEntitlement = 10, 5, 5, 5
	blocks := renderChart(t, weeks, "en").Find("svg[role=img] rect[class^='fill-accent']")
	full, half := attributeNumber(t, blocks.Eq(0), "height"), attributeNumber(t, blocks.Eq(1), "height")
	if full != 2*half || attributeNumber(t, blocks.Eq(3), "y") != attributeNumber(t, blocks.Eq(0), "y") ||
		attributeNumber(t, blocks.Eq(2), "height") != half {
		t.Errorf("heights of %v and %v, the second part at %v", full, half, blocks.Eq(3).AttrOr("y", ""))
	}
}

// The table has the numbers of the picture, week by week, and their sums; whoever does not see the picture is
// told what it shows.
func TestChart_SaysInWordsAndTableWhatItShows(t *testing.T) {
	t.Parallel()
	weeks := weeksFrom(august)
	weeks[0].ByLink, weeks[9].ByLink, weeks[9].ByEntitlement = 1200, 1500, 34
	for language, want := range map[string][]string{
		"en": {
			"24 Aug – 30 Aug 1,200 0 1,200", "26 Oct – 1 Nov 1,500 34 1,534", "All 2,700 34 2,734",
			"From 24 August 2026 to 22 November 2026, 2,734 people", "1,534, registered in the week 26 Oct – 1 Nov",
		},
		"de": {
			"24. Aug. – 30. Aug. 1.200 0 1.200", "26. Okt. – 1. Nov. 1.500 34 1.534", "Alle 2.700 34 2.734",
			"Vom 24. August 2026 bis zum 22. November 2026 haben sich 2.734",
			"1.534, registrierten sich in der Woche 26. Okt. – 1. Nov.",
		},
	} {
		page := renderChart(t, weeks, language)
		rows := page.Find("details tbody tr")
		if rows.Length() != app.DashboardWeeks || rowText(rows.Eq(0)) != want[0] || rowText(rows.Eq(9)) != want[1] ||
			rowText(page.Find("tfoot tr")) != want[2] {
			t.Errorf("%s: the table says %q", language, textOf(page.Find("details table")))
		}
		said := textOf(page.Find("#chart-description"))
		if !strings.Contains(said, want[3]) || !strings.Contains(said, want[4]) ||
			page.Find("svg[aria-labelledby='chart-title chart-description'] #chart-title").Length() != 1 {
			t.Errorf("%s: the picture says %q", language, said)
		}
	}
	if said := textOf(renderChart(t, weeksFrom(august),
		"en").Find("#chart-description")); said != "Nobody registered from 24 August 2026 to 22 November 2026." {
		t.Errorf("of nobody it says %q", said)
	}
}
