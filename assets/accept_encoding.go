package assets

import (
	"strconv"
	"strings"
)

// negotiate picks the encoding with the highest quality among those that exist (RFC 9110, 12.5.3). What the client
// refuses is never picked, but for the plain file: a client that refuses even that is served all the same.
func negotiate(accept string, bodies map[string][]byte) string {
	qualities := parseAccept(accept)
	best, bestQuality := "", qualities["identity"]    // unnamed it is acceptable, but then anything else is better
	for _, encoding := range []string{"gzip", "br"} { // at equal quality the later, smaller one wins
		if _, exists := bodies[encoding]; !exists {
			continue
		}
		if q := quality(qualities, encoding); q > 0 && q >= bestQuality {
			best, bestQuality = encoding, q
		}
	}
	return best
}

// parseAccept reads "br, gzip;q=0.8, *;q=0" into qualities by encoding. A quality that is no number from 0 to
// 1 refuses.
func parseAccept(header string) map[string]float64 {
	qualities := map[string]float64{}
	for item := range strings.SplitSeq(header, ",") {
		encoding, parameter, _ := strings.Cut(item, ";")
		if encoding = strings.ToLower(strings.TrimSpace(encoding)); encoding != "" {
			qualities[encoding] = parseQuality(parameter)
		}
	}
	return qualities
}

func parseQuality(parameter string) float64 {
	key, value, found := strings.Cut(parameter, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(key), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(q >= 0 && q <= 1) { // written so that NaN refuses, too
		return 0
	}
	return q
}

func quality(qualities map[string]float64, encoding string) float64 {
	if q, named := qualities[encoding]; named {
		return q
	}
	return qualities["*"]
}
