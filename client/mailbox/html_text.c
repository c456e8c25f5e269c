#include "html_text.h"

#include <base/try.h>

#include "html_entity.h"
#include "html_tag.h"

enum { QUOTE_MAX = 8, TARGET_MAX = 400, LINE_BREAKS_MAX = 2 };

/* What a tag does to the text. */
enum {
	BLOCK = 1,   /* begins a line */
	PARAGRAPH = 2, /* and an empty one before it */
	RAW = 4,     /* its contents are no text */
	CELL = 8,
	ITEM = 16,
	PRE = 32,
	QUOTE = 64,
	LOADS = 128, /* its address is fetched without being asked */
	VOID = 256,  /* has no end tag */
	ENDS_ITSELF = 512 /* a second one ends the first */
};

static const struct {
	const char *name;
	unsigned does;
} tags[] = {
	{ "address", BLOCK }, { "article", BLOCK }, { "area", VOID }, { "audio", LOADS },
	{ "base", VOID }, { "blockquote", PARAGRAPH | QUOTE }, { "body", BLOCK | LOADS },
	{ "br", BLOCK | VOID }, { "center", BLOCK }, { "col", VOID },
	{ "dd", BLOCK | ENDS_ITSELF }, { "div", BLOCK }, { "dl", PARAGRAPH },
	{ "dt", BLOCK | ENDS_ITSELF }, { "embed", VOID | LOADS }, { "footer", BLOCK },
	{ "form", BLOCK }, { "frame", VOID | LOADS }, { "h1", PARAGRAPH },
	{ "h2", PARAGRAPH }, { "h3", PARAGRAPH }, { "h4", PARAGRAPH },
	{ "h5", PARAGRAPH }, { "h6", PARAGRAPH }, { "header", BLOCK },
	{ "hr", PARAGRAPH | VOID }, { "iframe", RAW | LOADS }, { "img", VOID | LOADS },
	{ "input", VOID | LOADS }, { "li", BLOCK | ITEM | ENDS_ITSELF },
	{ "link", VOID }, { "main", BLOCK }, { "meta", VOID }, { "noembed", RAW },
	{ "noframes", RAW }, { "object", LOADS }, { "ol", BLOCK },
	{ "option", BLOCK | ENDS_ITSELF }, { "p", PARAGRAPH | ENDS_ITSELF },
	{ "param", VOID }, { "pre", PARAGRAPH | PRE }, { "script", RAW | LOADS },
	{ "section", BLOCK }, { "source", VOID | LOADS }, { "style", RAW },
	{ "table", BLOCK | LOADS }, { "td", CELL | LOADS | ENDS_ITSELF },
	{ "template", RAW }, { "textarea", BLOCK }, { "th", CELL | LOADS | ENDS_ITSELF },
	{ "title", RAW }, { "tr", BLOCK | ENDS_ITSELF }, { "track", VOID | LOADS },
	{ "ul", BLOCK }, { "video", LOADS }, { "wbr", VOID },
};

struct page {
	struct sm_buf *out;
	struct html_found *found;
	size_t limit;           /* of out->len */
	unsigned breaks;        /* line ends to write before the next text */
	bool blank;             /* a blank to write before it */
	bool started;           /* something was written */
	unsigned pre, quote;
	struct html_tag hiding; /* an element that is not seen; name "": none */
	unsigned hiding_depth;  /* elements of that name within it */
	struct sm_bytes href;   /* of the link that is open; len 0: none */
	size_t link_start;      /* its words, in out */
};

/* ---- text ---- */

static bool
is_blank(struct sm_bytes c)
{
	return c.len == 1 && (c.data[0] == ' ' || c.data[0] == '\t' ||
	    c.data[0] == '\n' || c.data[0] == '\r' || c.data[0] == '\f');
}

static int
put(struct page *p, struct sm_bytes in)
{
	if (p->out->len + in.len > p->limit) {
		p->found->cut = true;
		return 0;
	}
	return sm_buf_append(p->out, in);
}

static int
put_str(struct page *p, const char *text)
{
	return put(p, sm_bytes_str(text));
}

static int
begin_line(struct page *p)
{
	for (; p->breaks > 0; p->breaks--)
		SM_TRY(p->started ? put_str(p, "\n") : 0);
	for (unsigned i = 0; i < p->quote && i < QUOTE_MAX; i++)
		SM_TRY(put_str(p, "> "));
	p->blank = false;
	return 0;
}

/* One character, or words of our own. */
static int
say(struct page *p, struct sm_bytes c)
{
	if (p->breaks > 0 || !p->started)
		SM_TRY(begin_line(p));
	else if (p->blank)
		SM_TRY(put_str(p, " "));
	p->blank = false;
	p->started = true;
	return put(p, c);
}

static int
text_char(struct page *p, struct sm_bytes c)
{
	if (p->hiding.name[0] != '\0')
		return 0;
	if (!is_blank(c))
		return say(p, c);
	if (p->pre == 0)
		p->blank = p->breaks == 0 && p->started;
	else if (c.data[0] == '\n' && p->breaks < LINE_BREAKS_MAX)
		p->breaks++;
	else if (c.data[0] != '\n' && c.data[0] != '\r')
		return say(p, sm_bytes_str(" "));
	return 0;
}

static void
new_line(struct page *p, unsigned breaks)
{
	if (p->breaks < breaks)
		p->breaks = breaks;
	p->blank = false;
}

/* ---- addresses ---- */

static bool
starts(struct sm_bytes text, const char *word)
{
	return html_same_word(sm_bytes_first(text, strlen(word)), word);
}

/* Would a browser go out for it? */
static bool
is_remote(struct sm_bytes url)
{
	return starts(url, "http:") || starts(url, "https:") || starts(url, "//") ||
	    starts(url, "ftp:");
}

/* "www.example.org" of "https://user@www.example.org:1/x" or "www.example.org/x". */
static struct sm_bytes
host_of(struct sm_bytes url)
{
	const uint8_t *at = url.len > 0 ? memmem(url.data, url.len, "//", 2) : NULL;
	size_t n;

	if (at != NULL)
		url = sm_bytes_skip(url, (size_t)(at - url.data) + 2);
	for (n = 0; n < url.len && memchr("/?#\\ ", url.data[n], 5) == NULL; n++)
		;
	url = sm_bytes_first(url, n);
	at = url.data != NULL && url.len > 0 ? memrchr(url.data, '@', url.len) : NULL;
	if (at != NULL)
		url = sm_bytes_skip(url, (size_t)(at - url.data) + 1);
	at = url.len > 0 ? memchr(url.data, ':', url.len) : NULL;
	return at != NULL ? sm_bytes_first(url, (size_t)(at - url.data)) : url;
}

static bool
looks_like_place(struct sm_bytes words)
{
	struct sm_bytes host = host_of(words);

	if (words.len == 0 || memchr(words.data, ' ', words.len) != NULL)
		return false;
	return starts(words, "www.") || memmem(words.data, words.len, "://", 3) != NULL ||
	    (host.len > 3 && host.len == words.len &&
		memchr(host.data, '.', host.len) != NULL);
}

static bool
same_host(struct sm_bytes a, struct sm_bytes b)
{
	if (starts(a, "www."))
		a = sm_bytes_skip(a, 4);
	if (starts(b, "www."))
		b = sm_bytes_skip(b, 4);
	return a.len == b.len && strncasecmp((const char *)a.data, (const char *)b.data,
	    a.len) == 0;
}

/* An address as it is written in an attribute: references resolved, and without
 * what a browser would leave out of it. */
static int
plain_url(struct sm_buf *out, struct sm_bytes written)
{
	size_t i, n = 0;

	SM_TRY(html_entity_text(out, written));
	for (i = 0; i < out->len; i++)
		if (out->data[i] > ' ' && out->data[i] != 0x7f)
			out->data[n++] = out->data[i];
	out->len = n;
	return 0;
}

/* ---- links and pictures ---- */

static int
say_target(struct page *p, struct sm_bytes url, bool lies)
{
	SM_TRY(put_str(p, lies ? " [! leads to <" : " <"));
	SM_TRY(put(p, sm_bytes_first(url, TARGET_MAX)));
	SM_TRY(url.len > TARGET_MAX ? put_str(p, "...") : 0);
	return put_str(p, lies ? ">]" : ">");
}

static int
link_end(struct page *p)
{
	struct sm_buf url = SM_BUF_INIT;
	struct sm_bytes words = sm_bytes_skip(sm_buf_bytes(p->out), p->link_start);
	struct sm_bytes target;
	bool lies;
	int rc = plain_url(&url, p->href);

	p->href = sm_bytes(NULL, 0);
	while (words.len > 0 && (words.data[0] == '\n' || words.data[0] == ' '))
		words = sm_bytes_skip(words, 1);
	target = sm_buf_bytes(&url);
	if (rc != 0 || words.len == 0 || target.len == 0 || target.data[0] == '#')
		goto out;
	p->found->links++;
	lies = looks_like_place(words) && is_remote(target) &&
	    !same_host(host_of(words), host_of(target));
	p->found->misleading += lies;
	if (!sm_bytes_equal(words, target) && !(starts(target, "mailto:") &&
	    sm_bytes_equal(words, sm_bytes_skip(target, 7))))
		rc = say_target(p, target, lies);
out:
	sm_buf_free(&url);
	return rc;
}

static int
link_begin(struct page *p, const struct html_tag *tag)
{
	if (p->href.len > 0)
		SM_TRY(link_end(p));
	p->href = tag->href;
	p->link_start = p->out->len;
	return 0;
}

static int
say_picture(struct page *p, const struct html_tag *tag)
{
	struct sm_buf alt = SM_BUF_INIT;
	int rc = html_entity_text(&alt, sm_bytes_first(tag->alt, TARGET_MAX));

	/* Without words it is decoration, or counts its readers. */
	if (rc == 0 && alt.len > 0)
		rc = say(p, sm_bytes_str("[picture: "));
	if (rc == 0 && alt.len > 0)
		rc = put(p, sm_buf_bytes(&alt));
	if (rc == 0 && alt.len > 0)
		rc = put_str(p, "]");
	sm_buf_free(&alt);
	return rc;
}

static int
say_form(struct page *p, const struct html_tag *tag)
{
	struct sm_buf url = SM_BUF_INIT;
	int rc = plain_url(&url, sm_bytes_first(tag->source, TARGET_MAX));

	if (rc == 0 && url.len > 0)
		rc = say(p, sm_bytes_str("[a form that sends to <"));
	if (rc == 0 && url.len > 0)
		rc = put(p, sm_buf_bytes(&url));
	if (rc == 0 && url.len > 0)
		rc = put_str(p, ">]");
	sm_buf_free(&url);
	return rc;
}

/* ---- tags ---- */

static unsigned
what_it_does(const char *name)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (strcmp(tags[i].name, name) == 0)
			return tags[i].does;
	return 0;
}

/* The contents of a raw element end with its end tag only. */
static size_t
skip_raw(struct sm_bytes in, const char *name)
{
	struct sm_bytes rest;
	size_t at, n = strlen(name);

	for (at = 0; at + n + 2 <= in.len; at++) {
		if (in.data[at] != '<' || in.data[at + 1] != '/')
			continue;
		rest = sm_bytes_skip(in, at + 2);
		if (html_same_word(sm_bytes_first(rest, n), name))
			return at;
	}
	return in.len;
}

/* Inside something hidden: does it end here? True when the tag is dealt with. */
static bool
still_hidden(struct page *p, const struct html_tag *tag, unsigned does)
{
	if (p->hiding.name[0] == '\0')
		return false;
	if (strcmp(tag->name, p->hiding.name) != 0)
		return true;
	if (!tag->end && (does & ENDS_ITSELF) == 0) {
		p->hiding_depth++;
		return true;
	}
	if (p->hiding_depth > 0) {
		p->hiding_depth--;
		return true;
	}
	p->hiding.name[0] = '\0';
	return tag->end;
}

static void
count_remote(struct page *p, const struct html_tag *tag, unsigned does)
{
	if (tag->styled_url || ((does & LOADS) != 0 && is_remote(tag->source)) ||
	    (strcmp(tag->name, "link") == 0 && is_remote(tag->href)))
		p->found->remote++;
}

static int
end_tag(struct page *p, const struct html_tag *tag, unsigned does)
{
	if (strcmp(tag->name, "a") == 0 && p->href.len > 0)
		SM_TRY(link_end(p));
	if ((does & (BLOCK | PARAGRAPH)) != 0)
		new_line(p, (does & PARAGRAPH) != 0 ? 2 : 1);
	if ((does & CELL) != 0)
		p->blank = true;
	if ((does & PRE) != 0 && p->pre > 0)
		p->pre--;
	if ((does & QUOTE) != 0 && p->quote > 0)
		p->quote--;
	return 0;
}

static int
begin_tag(struct page *p, const struct html_tag *tag, unsigned does)
{
	if (tag->hidden && (does & VOID) == 0) {
		p->found->hidden++;
		p->hiding = *tag;
		p->hiding_depth = 0;
		return 0;
	}
	/* Two line breaks are an empty line. */
	if (strcmp(tag->name, "br") == 0)
		new_line(p, p->breaks < LINE_BREAKS_MAX ? p->breaks + 1 : p->breaks);
	else if ((does & (BLOCK | PARAGRAPH)) != 0)
		new_line(p, (does & PARAGRAPH) != 0 ? 2 : 1);
	if ((does & CELL) != 0)
		p->blank = p->breaks == 0;
	p->pre += (does & PRE) != 0;
	p->quote += (does & QUOTE) != 0;
	if ((does & ITEM) != 0)
		return say(p, sm_bytes_str("* "));
	if (strcmp(tag->name, "a") == 0)
		return link_begin(p, tag);
	if (strcmp(tag->name, "img") == 0 && !tag->hidden)
		return say_picture(p, tag);
	if (strcmp(tag->name, "form") == 0)
		return say_form(p, tag);
	return strcmp(tag->name, "hr") == 0 ? say(p, sm_bytes_str("----")) : 0;
}

/* A tag, and with it the contents of a raw element. Returns the bytes taken. */
static int
take_tag(struct page *p, struct sm_bytes in, size_t *took)
{
	struct html_tag tag;
	unsigned does;

	*took = html_tag_read(&tag, in);
	if (*took == 0) {
		*took = 1;
		return text_char(p, sm_bytes_first(in, 1));
	}
	does = what_it_does(tag.name);
	count_remote(p, &tag, does);
	if ((does & RAW) != 0 && !tag.end)
		*took += skip_raw(sm_bytes_skip(in, *took), tag.name);
	if (tag.name[0] == '\0' || still_hidden(p, &tag, does))
		return 0;
	return tag.end ? end_tag(p, &tag, does) : begin_tag(p, &tag, does);
}

int
html_text(struct sm_buf *out, struct html_found *found, struct sm_bytes html, size_t max)
{
	struct page p = { .out = out, .found = found };
	uint8_t c[HTML_CHAR_BYTES];
	size_t took, len = 0;

	memset(found, 0, sizeof(*found));
	if (!sm_size_add(&p.limit, out->len, max))
		p.limit = SIZE_MAX;
	while (html.len > 0 && !found->cut) {
		took = html_entity(c, &len, html);
		if (html.data[0] == '<')
			SM_TRY(take_tag(&p, html, &took));
		else if (took > 0)
			SM_TRY(text_char(&p, sm_bytes(c, len)));
		else {
			took = 1;
			SM_TRY(text_char(&p, sm_bytes_first(html, 1)));
		}
		html = sm_bytes_skip(html, took);
	}
	if (p.href.len > 0)
		SM_TRY(link_end(&p));
	return p.started ? put_str(&p, "\n") : 0;
}
