/* SPDX-License-Identifier: Apache-2.0
 *
 * Characters with names (HTML 4.01 section 24), and "apos" of XHTML.
 */
#include "core/html.h"

#include <stdlib.h>

/* U+00A0 to U+00FF in order. */
static const char *const latin[96] = {
	"nbsp",	  "iexcl",  "cent",   "pound",	"curren", "yen",    "brvbar", "sect",	"uml",
	"copy",	  "ordf",   "laquo",  "not",	"shy",	  "reg",    "macr",   "deg",	"plusmn",
	"sup2",	  "sup3",   "acute",  "micro",	"para",	  "middot", "cedil",  "sup1",	"ordm",
	"raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",	"Atilde",
	"Auml",	  "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",	"Igrave",
	"Iacute", "Icirc",  "Iuml",   "ETH",	"Ntilde", "Ograve", "Oacute", "Ocirc",	"Otilde",
	"Ouml",	  "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",
	"szlig",  "agrave", "aacute", "acirc",	"atilde", "auml",   "aring",  "aelig",	"ccedil",
	"egrave", "eacute", "ecirc",  "euml",	"igrave", "iacute", "icirc",  "iuml",	"eth",
	"ntilde", "ograve", "oacute", "ocirc",	"otilde", "ouml",   "divide", "oslash", "ugrave",
	"uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml",
};

/* The others, sorted. */
static const struct named {
	const char *name;
	uint16_t point;
} others[] = {
	{ "Alpha", 913 },    { "Beta", 914 },	  { "Chi", 935 },     { "Dagger", 8225 },
	{ "Delta", 916 },    { "Epsilon", 917 },  { "Eta", 919 },     { "Gamma", 915 },
	{ "Iota", 921 },     { "Kappa", 922 },	  { "Lambda", 923 },  { "Mu", 924 },
	{ "Nu", 925 },	     { "OElig", 338 },	  { "Omega", 937 },   { "Omicron", 927 },
	{ "Phi", 934 },	     { "Pi", 928 },	  { "Prime", 8243 },  { "Psi", 936 },
	{ "Rho", 929 },	     { "Scaron", 352 },	  { "Sigma", 931 },   { "Tau", 932 },
	{ "Theta", 920 },    { "Upsilon", 933 },  { "Xi", 926 },      { "Yuml", 376 },
	{ "Zeta", 918 },     { "alefsym", 8501 }, { "alpha", 945 },   { "amp", 38 },
	{ "and", 8743 },     { "ang", 8736 },	  { "apos", 39 },     { "asymp", 8776 },
	{ "bdquo", 8222 },   { "beta", 946 },	  { "bull", 8226 },   { "cap", 8745 },
	{ "chi", 967 },	     { "circ", 710 },	  { "clubs", 9827 },  { "cong", 8773 },
	{ "crarr", 8629 },   { "cup", 8746 },	  { "dArr", 8659 },   { "dagger", 8224 },
	{ "darr", 8595 },    { "delta", 948 },	  { "diams", 9830 },  { "empty", 8709 },
	{ "emsp", 8195 },    { "ensp", 8194 },	  { "epsilon", 949 }, { "equiv", 8801 },
	{ "eta", 951 },	     { "euro", 8364 },	  { "exist", 8707 },  { "fnof", 402 },
	{ "forall", 8704 },  { "frasl", 8260 },	  { "gamma", 947 },   { "ge", 8805 },
	{ "gt", 62 },	     { "hArr", 8660 },	  { "harr", 8596 },   { "hearts", 9829 },
	{ "hellip", 8230 },  { "image", 8465 },	  { "infin", 8734 },  { "int", 8747 },
	{ "iota", 953 },     { "isin", 8712 },	  { "kappa", 954 },   { "lArr", 8656 },
	{ "lambda", 955 },   { "lang", 9001 },	  { "larr", 8592 },   { "lceil", 8968 },
	{ "ldquo", 8220 },   { "le", 8804 },	  { "lfloor", 8970 }, { "lowast", 8727 },
	{ "loz", 9674 },     { "lrm", 8206 },	  { "lsaquo", 8249 }, { "lsquo", 8216 },
	{ "lt", 60 },	     { "mdash", 8212 },	  { "minus", 8722 },  { "mu", 956 },
	{ "nabla", 8711 },   { "ndash", 8211 },	  { "ne", 8800 },     { "ni", 8715 },
	{ "notin", 8713 },   { "nsub", 8836 },	  { "nu", 957 },      { "oelig", 339 },
	{ "oline", 8254 },   { "omega", 969 },	  { "omicron", 959 }, { "oplus", 8853 },
	{ "or", 8744 },	     { "otimes", 8855 },  { "part", 8706 },   { "permil", 8240 },
	{ "perp", 8869 },    { "phi", 966 },	  { "pi", 960 },      { "piv", 982 },
	{ "prime", 8242 },   { "prod", 8719 },	  { "prop", 8733 },   { "psi", 968 },
	{ "quot", 34 },	     { "rArr", 8658 },	  { "radic", 8730 },  { "rang", 9002 },
	{ "rarr", 8594 },    { "rceil", 8969 },	  { "rdquo", 8221 },  { "real", 8476 },
	{ "rfloor", 8971 },  { "rho", 961 },	  { "rlm", 8207 },    { "rsaquo", 8250 },
	{ "rsquo", 8217 },   { "sbquo", 8218 },	  { "scaron", 353 },  { "sdot", 8901 },
	{ "sigma", 963 },    { "sigmaf", 962 },	  { "sim", 8764 },    { "spades", 9824 },
	{ "sub", 8834 },     { "sube", 8838 },	  { "sum", 8721 },    { "sup", 8835 },
	{ "supe", 8839 },    { "tau", 964 },	  { "there4", 8756 }, { "theta", 952 },
	{ "thetasym", 977 }, { "thinsp", 8201 },  { "tilde", 732 },   { "trade", 8482 },
	{ "uArr", 8657 },    { "uarr", 8593 },	  { "upsih", 978 },   { "upsilon", 965 },
	{ "weierp", 8472 },  { "xi", 958 },	  { "zeta", 950 },    { "zwj", 8205 },
	{ "zwnj", 8204 },
};

static int compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct named *)row)->name);
}

uint32_t html_entity(const char *name, size_t n)
{
	const struct named *found;
	char key[10];

	if (n == 0 || n >= sizeof(key))
		return 0;
	memcpy(key, name, n);
	key[n] = '\0';
	found = bsearch(key, others, sizeof(others) / sizeof(others[0]), sizeof(others[0]),
			compare);
	if (found)
		return found->point;
	for (uint32_t i = 0; i < 96; i++)
		if (strcmp(latin[i], key) == 0)
			return 0xA0 + i;
	return 0;
}
