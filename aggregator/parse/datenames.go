package parse

const hour = 3600 // seconds

// zones are the zone names met in feeds, in seconds east of UTC. The military
// letters but Z count as UTC (RFC 2822 §4.3).
var zones = map[string]int{
	"Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0,
	"EST": -5 * hour, "EDT": -4 * hour, "ET": -5 * hour,
	"CST": -6 * hour, "CDT": -5 * hour, "CT": -6 * hour,
	"MST": -7 * hour, "MDT": -6 * hour, "MT": -7 * hour,
	"PST": -8 * hour, "PDT": -7 * hour, "PT": -8 * hour,
	"AKST": -9 * hour, "AKDT": -8 * hour, "HST": -10 * hour,
	"AST": -4 * hour, "ADT": -3 * hour, "NST": -3*hour - hour/2, "NDT": -2*hour - hour/2,
	"BRT": -3 * hour, "BRST": -2 * hour, "ART": -3 * hour, "CLT": -4 * hour, "CLST": -3 * hour,
	"WEST": 1 * hour, "BST": 1 * hour, "IST": 5*hour + hour/2,
	"CET": 1 * hour, "CEST": 2 * hour, "MET": 1 * hour, "MEZ": 1 * hour, "MEST": 2 * hour, "MESZ": 2 * hour,
	"EET": 2 * hour, "EEST": 3 * hour, "SAST": 2 * hour, "CAT": 2 * hour, "EAT": 3 * hour, "WAT": 1 * hour,
	"MSK": 3 * hour, "MSD": 4 * hour, "TRT": 3 * hour, "GST": 4 * hour, "PKT": 5 * hour,
	"ICT": 7 * hour, "WIB": 7 * hour, "HKT": 8 * hour, "SGT": 8 * hour, "PHT": 8 * hour, "AWST": 8 * hour,
	"JST": 9 * hour, "KST": 9 * hour, "ACST": 9*hour + hour/2, "ACDT": 10*hour + hour/2,
	"AEST": 10 * hour, "AEDT": 11 * hour, "NZST": 12 * hour, "NZDT": 13 * hour,
}

// months are month names, lower-case: English, and those of other languages
// that do not collide with them.
var months = map[string]int{
	"jan": 1, "january": 1, "januar": 1, "jänner": 1, "janvier": 1, "janv": 1, "enero": 1, "ene": 1, "gennaio": 1, "gen": 1, "januari": 1, "janeiro": 1, "styczeń": 1, "stycznia": 1, "января": 1, "янв": 1, "ιαν": 1, "jan\u00fcar": 1,
	"feb": 2, "february": 2, "februar": 2, "février": 2, "févr": 2, "fév": 2, "febrero": 2, "febbraio": 2, "februari": 2, "fevereiro": 2, "fev": 2, "lutego": 2, "февраля": 2, "фев": 2, "φεβ": 2,
	"mar": 3, "march": 3, "märz": 3, "mrz": 3, "mär": 3, "mars": 3, "marzo": 3, "maart": 3, "mrt": 3, "março": 3, "marca": 3, "марта": 3, "мар": 3, "μάρ": 3, "μαρ": 3, "már": 3, "március": 3,
	"apr": 4, "april": 4, "avril": 4, "avr": 4, "abril": 4, "abr": 4, "aprile": 4, "kwietnia": 4, "апреля": 4, "апр": 4, "απρ": 4, "ápr": 4, "április": 4,
	"may": 5, "mai": 5, "mayo": 5, "maggio": 5, "mag": 5, "mei": 5, "maio": 5, "maj": 5, "maja": 5, "мая": 5, "май": 5, "μάι": 5, "μαϊ": 5, "máj": 5, "május": 5,
	"jun": 6, "june": 6, "juni": 6, "juin": 6, "junio": 6, "giugno": 6, "giu": 6, "junho": 6, "czerwca": 6, "июня": 6, "июн": 6, "ιούν": 6, "ιον": 6, "jún": 6, "június": 6,
	"jul": 7, "july": 7, "juli": 7, "juillet": 7, "juil": 7, "julio": 7, "luglio": 7, "lug": 7, "julho": 7, "lipca": 7, "июля": 7, "июл": 7, "ιούλ": 7, "ιολ": 7, "júl": 7, "július": 7,
	"aug": 8, "august": 8, "août": 8, "agosto": 8, "ago": 8, "augustus": 8, "augusti": 8, "sierpnia": 8, "августа": 8, "авг": 8, "αύγ": 8, "αυγ": 8, "augusztus": 8,
	"sep": 9, "sept": 9, "september": 9, "septembre": 9, "septiembre": 9, "settembre": 9, "set": 9, "setembro": 9, "września": 9, "сентября": 9, "сен": 9, "σεπ": 9, "szept": 9, "szeptember": 9,
	"oct": 10, "october": 10, "oktober": 10, "okt": 10, "octobre": 10, "octubre": 10, "ottobre": 10, "ott": 10, "outubro": 10, "out": 10, "października": 10, "октября": 10, "окт": 10, "οκτ": 10, "október": 10,
	"nov": 11, "november": 11, "novembre": 11, "noviembre": 11, "novembro": 11, "listopada": 11, "ноября": 11, "ноя": 11, "νοέ": 11, "νοε": 11,
	"dec": 12, "december": 12, "dezember": 12, "dez": 12, "décembre": 12, "déc": 12, "diciembre": 12, "dic": 12, "dicembre": 12, "dezembro": 12, "grudnia": 12, "декабря": 12, "дек": 12, "δεκ": 12,
}
