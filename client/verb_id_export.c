/* sealmail id export and id remove: keys that leave, and the proof that they did. */
#include <stdio.h>
#include <stdlib.h>

#include <base/json.h>
#include <sealmail/export.h>

#include "input.h"
#include "json_place.h"
#include "keyring.h"
#include "output.h"
#include "store.h"

enum { BACKUP_BYTES = 16 << 20 };

static int
unknown(struct client *c, const struct keyring *ring, const char *who)
{
	if (ring->count == 0)
		return client_fault(c, EXIT_NO_KEY, "the keyring is empty; fill it with "
		    "`sealmail id import FILE` or `sealmail id new ADDRESS`");
	return client_fault(c, EXIT_NO_KEY, "the keyring has no key of \"%s\"; `sealmail "
	    "id list` shows those that are there", who);
}

static int
write_json(struct client *c, const char *what, struct keyring_key *const *keys,
    size_t count)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_sink sink = json_place_sink(c);
	struct sm_json j;
	size_t i;
	int rc;

	sm_json_init(&j, &text, true);
	sm_json_object_begin(&j);
	sm_json_key(&j, "version");
	sm_json_int(&j, 1);
	sm_json_key(&j, what);
	sm_json_array_begin(&j);
	for (i = 0; i < count; i++)
		sm_json_string(&j, keys[i]->id);
	sm_json_array_end(&j);
	sm_json_object_end(&j);
	rc = sm_json_status(&j) == 0 ? sm_sink_write(&sink, sm_buf_bytes(&text)) :
	    SM_E_NOMEM;
	sm_buf_free(&text);
	return rc != 0 ? client_fault(c, EXIT_IO, "cannot write the JSON object") :
	    json_place_done(c);
}

/* ---- export ---- */

struct exporting {
	struct client *c;
	struct keyring ring;
	struct keyring_key **chosen;
	struct sm_key **keys;
	size_t count;
	struct sm_certs certs;
	struct sm_buf pass, file;
	struct output out;
	bool has_out;
};

static int
choose(struct exporting *e, const char *who)
{
	size_t i, kept = 0;

	e->keys = calloc(e->ring.count + 1, sizeof(struct sm_key *));
	e->chosen = calloc(e->ring.count + 1, sizeof(struct keyring_key *));
	if (e->keys == NULL || e->chosen == NULL)
		return client_out_of_memory(e->c);
	for (i = 0; i < e->ring.count; i++) {
		struct keyring_key *k = e->ring.list[i];

		if (!keyring_key_is(k, who))
			continue;
		if (!k->exportable) {
			client_note(e->c, k->token != NULL ? "key %.16s is on a token and "
			    "stays there" : "key %.16s was made not exportable and stays "
			    "here", k->id);
			kept++;
			continue;
		}
		e->chosen[e->count] = k;
		e->keys[e->count++] = k->key;
	}
	if (e->count > 0)
		return 0;
	return kept == 0 ? unknown(e->c, &e->ring, who) :
	    client_fault(e->c, EXIT_POLICY, "a key that was made not exportable is not "
		"exported, by any option; make a new one where it is needed");
}

static int
collect_certs(struct exporting *e)
{
	size_t i, j;

	for (i = 0; i < e->count; i++) {
		const struct keyring_key *k = e->chosen[i];

		for (j = 0; j < k->certs.count; j++)
			if (sm_certs_add(&e->certs, k->certs.list[j]) != 0)
				return client_out_of_memory(e->c);
		for (j = 0; j < k->chain.count; j++)
			if (sm_certs_add(&e->certs, k->chain.list[j]) != 0)
				return client_out_of_memory(e->c);
	}
	return 0;
}

static enum sm_pkcs12_form
form(const struct options *o)
{
	const char *word = options_value(o, OPT_PKCS12_FORM);

	/* gpgsm reads modern files from version 2.4 on. */
	if (word == NULL && options_has(o, OPT_STORE_TO) &&
	    strncmp(options_value(o, OPT_STORE_TO), "gpgsm", 5) == 0)
		return SM_PKCS12_COMPAT;
	if (word == NULL || strcmp(word, "modern") == 0)
		return SM_PKCS12_MODERN;
	return strcmp(word, "compat") == 0 ? SM_PKCS12_COMPAT : SM_PKCS12_LEGACY;
}

static int
tell_pass(void *ctx, const char *what, unsigned attempt,
    int (*give)(void *give_ctx, struct sm_bytes secret), void *give_ctx)
{
	(void)what;
	return attempt == 0 ? give(give_ctx, sm_buf_bytes(ctx)) : SM_E_SECRET;
}

/* What somebody will rely on as a backup is read back before it gets its name. */
static int
read_back(struct exporting *e, size_t count)
{
	struct sm_passphrase pass = { tell_pass, &e->pass };
	struct sm_error err = SM_ERROR_INIT;
	struct sm_keyfile f;
	int status = sm_keyfile_read(&f, sm_buf_bytes(&e->file), false, &pass,
	    &e->c->limits, &err);
	int rc = 0;

	if (status != 0 || f.key_count != count)
		rc = client_fault_error(e->c, EXIT_INTERNAL, "the export could not be read "
		    "back", &err, status);
	sm_keyfile_wipe(&f);
	return rc;
}

/* Of keys `first` and so on. */
static int
make_file(struct exporting *e, size_t first, size_t count)
{
	struct sm_pkcs12 p12 = { form(&e->c->opt), e->keys + first, count, &e->certs,
		keyring_key_label(e->chosen[0]), sm_buf_bytes(&e->pass) };
	struct sm_sink sink = sm_buf_sink(&e->file);
	struct sm_error err = SM_ERROR_INIT;
	int status = sm_export_pkcs12(&p12, &sink, &err);

	if (keyring_fault(&e->ring) != 0)
		return keyring_fault(&e->ring); /* said already */
	return status == 0 ? read_back(e, count) :
	    client_fault_error(e->c, exit_from_status(status), NULL, &err, status);
}

static int
write_file(struct exporting *e)
{
	struct sm_sink sink = output_sink(&e->out);
	int rc;

	if (sm_sink_write(&sink, sm_buf_bytes(&e->file)) != 0)
		return output_fault(e->c, &e->out);
	rc = output_commit(e->c, &e->out);
	if (rc == 0)
		client_note(e->c, "exported %zu key%s and %zu certificate%s of %s", e->count,
		    e->count == 1 ? "" : "s", e->certs.count,
		    e->certs.count == 1 ? "" : "s", keyring_key_label(e->chosen[0]));
	return rc;
}

/* gpgsm takes one key from a file. */
static int
put_into_store(struct exporting *e, struct store *store)
{
	size_t i, at_once = store->is_nss ? e->count : 1;
	int rc = 0;

	for (i = 0; rc == 0 && i < e->count; i += at_once) {
		sm_buf_clear(&e->file);
		rc = make_file(e, i, at_once);
		if (rc == 0)
			rc = store_write(store, sm_buf_bytes(&e->file), sm_buf_bytes(&e->pass),
			    sm_key_type(e->keys[i]) == SM_KEY_RSA);
	}
	if (rc == 0)
		client_note(e->c, "put %zu key%s of %s into %s", e->count, e->count == 1 ? "" :
		    "s", keyring_key_label(e->chosen[0]), store->name);
	return rc;
}

static int
fill_store(struct exporting *e, struct store *store)
{
	struct client *c = e->c;
	int rc = choose(e, c->opt.operand);

	if (rc == 0)
		rc = collect_certs(e);
	if (rc == 0)
		rc = store->is_nss ? store_random_word(c, &e->pass) :
		    passphrase_new(c, &e->pass, "the keys in gpgsm", false);
	return rc == 0 ? put_into_store(e, store) : rc;
}

static int
export_to_store(struct exporting *e, const char *where)
{
	struct client *c = e->c;
	struct passphrases *pass = NULL;
	struct store store;
	int rc;

	if (options_has(&c->opt, OPT_OUTPUT))
		return client_fault(c, EXIT_USAGE, "--to puts the keys into %s; leave out "
		    "--output", where);
	rc = json_place_open(c, false);
	if (rc == 0)
		rc = keyring_open(c, &e->ring, false);
	if (rc == 0)
		rc = keyring_passphrases(&e->ring, &pass);
	if (rc == 0)
		rc = store_open(c, &store, where, pass);
	if (rc != 0)
		return rc;
	rc = fill_store(e, &store);
	store_close(&store);
	return rc == 0 && c->json.wanted ? write_json(c, "exported", e->chosen, e->count) :
	    rc;
}

static int
export(struct exporting *e)
{
	struct client *c = e->c;
	const char *path = options_value(&c->opt, OPT_OUTPUT);
	size_t i;
	int rc = json_place_open(c, path == NULL || strcmp(path, "-") == 0);

	if (rc == 0)
		rc = keyring_open(c, &e->ring, false);
	if (rc == 0)
		rc = choose(e, c->opt.operand);
	if (rc == 0)
		rc = collect_certs(e);
	if (rc == 0) {
		e->has_out = true;
		rc = output_open(c, &e->out, path, true);
	}
	if (rc == 0)
		rc = passphrase_new(c, &e->pass, "the exported file", false);
	if (rc == 0)
		rc = make_file(e, 0, e->count);
	if (rc == 0)
		rc = write_file(e);
	for (i = 0; rc == 0 && i < e->count; i++)
		keyring_note_export(e->chosen[i]);
	return rc == 0 && c->json.wanted ? write_json(c, "exported", e->chosen, e->count) :
	    rc;
}

int
verb_id_export(struct client *c)
{
	struct exporting e;
	int rc;

	memset(&e, 0, sizeof(e));
	e.c = c;
	e.pass.secret = e.file.secret = true;
	e.ring.home.fd = e.ring.keys.fd = e.ring.lock = e.out.fd = -1;
	rc = options_has(&c->opt, OPT_STORE_TO) ?
	    export_to_store(&e, options_value(&c->opt, OPT_STORE_TO)) : export(&e);
	if (e.has_out)
		output_close(&e.out);
	free(e.keys);
	free(e.chosen);
	sm_certs_wipe(&e.certs);
	sm_buf_free(&e.pass);
	sm_buf_free(&e.file);
	keyring_close(&e.ring);
	return rc;
}

/* ---- remove ---- */

static int
find_one(struct client *c, const struct keyring *ring, const char *who,
    struct keyring_key **out)
{
	size_t i;

	*out = NULL;
	for (i = 0; i < ring->count; i++) {
		if (!keyring_key_is(ring->list[i], who))
			continue;
		if (*out != NULL)
			return client_fault(c, EXIT_USAGE, "\"%s\" has several keys; name "
			    "one by the first letters of its ID, as `sealmail id show %s` "
			    "lists them", who, who);
		*out = ring->list[i];
	}
	return *out != NULL ? 0 : unknown(c, ring, who);
}

static bool
holds(const struct sm_keyfile *f, const struct sm_key *key)
{
	size_t i;

	for (i = 0; i < f->key_count; i++)
		if (sm_key_fits(f->keys[i], sm_key_spki(key)))
			return true;
	return false;
}

static int
check_backup(struct client *c, const char *path, const struct keyring_key *k)
{
	struct sm_buf raw = SM_BUF_SECRET_INIT;
	struct sm_error err = SM_ERROR_INIT;
	struct passphrases p;
	struct sm_passphrase pass;
	struct sm_keyfile f;
	int status, rc = passphrases_init(c, &p, true);

	memset(&f, 0, sizeof(f));
	pass = passphrases_for(&p, path);
	if (rc == 0)
		rc = input_slurp(c, &raw, path, BACKUP_BYTES);
	if (rc == 0) {
		status = sm_keyfile_read(&f, sm_buf_bytes(&raw),
		    options_has(&c->opt, OPT_NO_MAC), &pass, &c->limits, &err);
		if (status != 0 && p.fault != 0)
			rc = p.fault; /* said already */
		else if (status != 0)
			rc = client_fault_error(c, status == SM_E_SECRET ?
			    EXIT_PERMISSION : exit_from_status(status), path, &err,
			    status);
		else if (!holds(&f, k->key))
			rc = client_fault(c, EXIT_POLICY, "%s does not hold this key; "
			    "nothing was removed", path);
	}
	sm_keyfile_wipe(&f);
	sm_buf_free(&raw);
	passphrases_free(&p);
	return rc;
}

/* Mail is lost with the key that opens it, and nobody notices for years. */
static int
may_go(struct client *c, const struct keyring_key *k)
{
	const char *backup = options_value(&c->opt, OPT_BACKUP);

	if (!keyring_key_may_decrypt(k) || k->certs.count == 0 || k->token != NULL)
		return 0; /* the token keeps its key */
	if (backup == NULL || !options_has(&c->opt, OPT_UNDERSTAND))
		return client_fault(c, EXIT_POLICY, "without key %.16s mail encrypted to it "
		    "can never be read again; first `sealmail id export %.16s -o FILE`, "
		    "then `sealmail id remove --backup FILE --i-understand %.16s`", k->id,
		    k->id, k->id);
	return check_backup(c, backup, k);
}

static int
take_away(struct client *c, const char *id)
{
	struct keyring ring;
	struct keyring_key *k = NULL;
	int rc = keyring_open(c, &ring, true);

	/* It may have gone while we looked at the backup. */
	if (rc == 0)
		rc = find_one(c, &ring, id, &k);
	if (rc == 0)
		rc = keyring_remove(k);
	if (rc == 0)
		client_note(c, "removed key %.16s of %s", k->id, keyring_key_label(k));
	if (rc == 0 && c->json.wanted)
		rc = write_json(c, "removed", &k, 1);
	keyring_close(&ring);
	return rc;
}

int
verb_id_remove(struct client *c)
{
	char id[KEYRING_ID_CHARS + 1] = "";
	struct keyring ring;
	struct keyring_key *k = NULL;
	int rc = json_place_open(c, false);

	if (rc != 0)
		return rc;
	rc = keyring_open(c, &ring, false);
	if (rc == 0)
		rc = find_one(c, &ring, c->opt.operand, &k);
	if (rc == 0)
		rc = may_go(c, k);
	if (rc == 0)
		memcpy(id, k->id, sizeof(id));
	keyring_close(&ring);
	return rc == 0 ? take_away(c, id) : rc;
}
