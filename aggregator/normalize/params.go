package normalize

// trackingPrefixes begin the names of query parameters that only say how a
// reader came to a page.
var trackingPrefixes = []string{"utm_", "mtm_", "hsa_", "pk_campaign", "pk_kwd", "pk_source", "pk_medium", "pk_content"}

// trackingParams are such names in full, lower case. Only what never chooses
// between two pages belongs here: one name too many merges stories that are
// not the same.
var trackingParams = map[string]bool{
	// click ids of advertisers and networks
	"fbclid": true, "gclid": true, "gclsrc": true, "dclid": true, "wbraid": true, "gbraid": true,
	"msclkid": true, "yclid": true, "ysclid": true, "ymclid": true, "twclid": true, "ttclid": true,
	"li_fat_id": true, "igshid": true, "igsh": true, "epik": true, "srsltid": true,
	"rb_clickid": true, "sc_cid": true, "irclickid": true, "_openstat": true, "wickedid": true,
	// mailings
	"mc_cid": true, "mc_eid": true, "mkt_tok": true, "_hsenc": true, "_hsmi": true,
	"hsctatracking": true, "oly_anon_id": true, "oly_enc_id": true, "vero_id": true,
	"vero_conv": true, "ck_subscriber_id": true, "__s": true,
	// analytics
	"_ga": true, "_gl": true, "__twitter_impression": true, "guccounter": true,
	"guce_referrer": true, "guce_referrer_sig": true, "wt.mc_id": true, "xtor": true,
	"at_medium": true, "at_campaign": true, "at_format": true, "at_link_id": true,
	"at_link_type": true, "at_ptr_name": true, "at_bbc_team": true,
	"ns_mchannel": true, "ns_source": true, "ns_campaign": true, "ns_linkname": true,
	"cmpid": true, "ncid": true, "ftag": true,
}

// refererParams go only where they name the feed's own host: elsewhere they
// may be what the page is about.
var refererParams = map[string]bool{"ref": true, "source": true}
