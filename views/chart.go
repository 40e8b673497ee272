package views

import (
	"context"
	"strconv"
	"time"

	"reglink/app"
	"reglink/views/messages"
)

// The picture's heights in pixels. Across it is measured in percents, so that it is as wide as its card and
// its words stay as large as other words.
const (
	chartTop      = 12  // where the highest number may reach
	chartBaseline = 140 // where bars stand
	minBarHeight  = 2   // a single person among ten thousand is to be seen, too
)

// chart is the picture of registrations by week.
type chart struct {
	bars  []weekBar
	lines []gridLine
	width string // of a bar
}

// weekBar is a week: those who came by the link stand on the ground, the others on them.
type weekBar struct {
	week        app.RegistrationWeek
	x, middle   string
	link, other barPart
	label       string // below it; empty: there is no room for words at every bar
}

// barPart is one part of a bar.
type barPart struct{ y, height string }

// gridLine is a line across the picture and the number that it stands for.
type gridLine struct{ y, number string }

func newChart(ctx context.Context, weeks []app.RegistrationWeek) chart {
	most := 0
	for _, week := range weeks {
		most = max(most, week.Total())
	}
	step, top := chartScale(most)
	slot := 100 / float64(len(weeks))
	c := chart{width: percent(slot * .64)}
	for i, week := range weeks {
		left := slot * float64(i)
		b := weekBar{week: week, x: percent(left + slot*.18), middle: percent(left + slot*.5)}
		link := barHeight(week.ByLink, top)
		b.link = barPart{pixels(chartBaseline - link), pixels(link)}
		other := barHeight(week.ByEntitlement, top)
		b.other = barPart{pixels(chartBaseline - link - other), pixels(other)}
		if i%4 == 0 {
			b.label = shortDay(ctx, week.From)
		}
		c.bars = append(c.bars, b)
	}
	for n := 0; n <= top; n += step {
		y := pixels(chartBaseline - (chartBaseline-chartTop)*float64(n)/float64(top))
		c.lines = append(c.lines, gridLine{y, messages.From(ctx).Number(n)})
	}
	return c
}

// chartScale gives whole steps of 1, 2 or 5 and their zeros, at most four of them, and the highest number of
// the picture.
func chartScale(most int) (int, int) {
	for power := 1; ; power *= 10 {
		for _, times := range []int{1, 2, 5} {
			step := times * power
			steps := max(1, (most+step-1)/step)
			if steps <= 4 {
				return step, steps * step
			}
		}
	}
}

func barHeight(n, top int) float64 {
	if n == 0 {
		return 0
	}
	return max(minBarHeight, (chartBaseline-chartTop)*float64(n)/float64(top))
}

func percent(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) + "%" }

func pixels(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// shortDay is a day without its year, for where there is little room: 3 Nov.
func shortDay(ctx context.Context, day time.Time) string {
	day = day.UTC()
	return t(ctx, "short_day", "Day", strconv.Itoa(day.Day()), "Month", t(ctx, "mon_"+strconv.Itoa(int(day.Month()))))
}

func weekRange(ctx context.Context, week app.RegistrationWeek) string {
	return t(ctx, "week_days", "From", shortDay(ctx, week.From), "To", shortDay(ctx, week.Last()))
}

// chartDescription says in words what the picture shows, for those who do not see it.
func chartDescription(ctx context.Context, weeks []app.RegistrationWeek) string {
	byLink, total := app.AccountOverview{Weeks: weeks}.RegistrationTotals()
	highest := weeks[0]
	for _, week := range weeks {
		if week.Total() > highest.Total() {
			highest = week
		}
	}
	p := messages.From(ctx)
	first, last := p.Date(weeks[0].From), p.Date(weeks[len(weeks)-1].Last())
	if total == 0 {
		return p.T("chart_none", "From", first, "To", last)
	}
	return p.T("chart_said", "From", first, "To", last, "Total", total, "Link", byLink, "Week", weekRange(ctx, highest),
		"Most", highest.Total())
}

// sumWeeks counts all weeks as if they were one.
func sumWeeks(weeks []app.RegistrationWeek) app.RegistrationWeek {
	var sum app.RegistrationWeek
	for _, week := range weeks {
		sum.ByLink += week.ByLink
		sum.ByEntitlement += week.ByEntitlement
	}
	return sum
}

func formatNumber(ctx context.Context, n int) string { return messages.From(ctx).Number(n) }
