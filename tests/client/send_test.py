"""Sending: who gets a letter, may they, under what protection, and by which way."""
import email
import json
import os
import re
import stat
import subprocess

import pytest
from conftest import LETTER, ROOT, SEALMAIL, Sender, identity_home, letter

MODE = stat.S_IRWXU


@pytest.fixture
def send(sealmail):
    return Sender(sealmail)


def recipients_of(sealmail, message):
    """How many can decrypt it."""
    report = json.loads(sealmail('inspect', '--json', stdin=message).stdout)
    return sum(len(l.get('recipients', [])) for l in report['layers'])


# ---- protection ----

def test_a_letter_is_signed_and_encrypted_when_everybody_has_a_certificate(send):
    send('-t')
    report, text = send.opened(send.one('bob@example.org'))
    assert [l['type'] for l in report['layers']] == ['auth-enveloped', 'signed'] or \
           [l['type'] for l in report['layers']] == ['enveloped', 'signed']
    assert b'Hello Bob' in text and b'Hello Bob' not in send.one('bob@example.org')


def test_openssl_reads_what_was_sent(send):
    send('-t', '--alg', 'compat')
    send.sealmail.write('m.eml', send.one('bob@example.org'))
    key = send.pki / 'bob.key'
    inner = subprocess.run(['openssl', 'cms', '-decrypt', '-in', 'm.eml', '-inkey', key, '-recip', send.pki / 'bob.pem'],
                           cwd=send.sealmail.cwd, capture_output=True, check=True).stdout
    done = subprocess.run(['openssl', 'cms', '-verify', '-CAfile', send.pki / 'root.pem'], input=inner, capture_output=True)
    assert done.returncode == 0 and b'Hello Bob' in done.stdout


def test_one_without_a_certificate_and_the_letter_goes_signed_which_is_said(send):
    done = send('-t', letter=letter('To: bob@example.org, carol@example.org'))
    assert 'signed, NOT encrypted (no certificate of carol@example.org)' in done.err
    for who in ('bob', 'carol'):
        message = send.one(f'{who}@example.org')
        assert b'multipart/signed' in message
        send.sealmail('verify', *send.sealmail.trust(), stdin=message)


def test_an_address_in_capitals_gets_the_certificate_of_the_one_in_small_letters(send):
    send.knows('bob')
    sent = send('-t', letter=letter('To: Bob@Example.org'))
    assert 'signed and encrypted' in sent.err


@pytest.mark.parametrize('domain', ['B\u00dcCHER.example', 'bu\u0308cher.example', 'b\uff55cher.example', 'b\u00fccher\u3002example'])
def test_a_domain_that_another_program_would_map_is_refused(send, domain):
    """Policy must not see another domain than the server does."""
    done = send('-t', letter=letter(f'To: x@{domain}'), exit=None)
    assert done.returncode in (64, 65) and send.boxes_filled() == []


@pytest.mark.parametrize('line', ['*@example.net forbid', '"x"@example.net forbid', 'example.net forbid allow', 'example.net encrypt=never encrypt=require'])
def test_a_line_of_the_policy_that_would_mean_something_else_is_refused(send, line):
    send.file('policy', line + '\n')
    assert 'policy line 1' in send('--dry-run', '-t', letter=letter('To: bob@example.org'), exit=65).err


def test_the_sender_can_read_what_was_sent(send):
    send('-t')
    _, text = send.opened(send.one('bob@example.org'), 'alice')
    assert b'Hello Bob' in text


def test_a_copy_for_oneself_is_encrypted_to_oneself_alone(send):
    send('-t', '--sent', send.sent)
    copy, = send.copies()
    assert recipients_of(send.sealmail, copy) == 1
    assert b'Hello Bob' in send.opened(copy, 'alice')[1]


def test_the_copy_is_encrypted_also_when_the_letter_is_not(send):
    send('-t', '--sent', send.sent, letter=letter('To: carol@example.org', body='for Carol\n'))
    copy, = send.copies()
    assert b'for Carol' not in copy and b'for Carol' in send.one('carol@example.org')


def test_require_without_a_certificate_is_exit_30_and_nothing_leaves(send):
    send.file('policy', 'carol@example.org encrypt=require\n')
    done = send('-t', exit=30, letter=letter('To: bob@example.org, carol@example.org'))
    assert 'carol@example.org' in done.err and 'sealmail who' in done.err
    assert send.boxes_filled() == [] and send.queue() == []


def test_encrypt_demands_it_for_this_letter(send):
    send('-t', '--encrypt', exit=30, letter=letter('To: carol@example.org'))
    send('-t', letter=letter('To: carol@example.org'))


def test_require_for_one_and_never_for_another_cannot_be_had(send):
    send.file('policy', 'bob@example.org encrypt=require\ncarol@example.org encrypt=never\n')
    send('-t', exit=31, letter=letter('To: bob@example.org, carol@example.org'))
    assert send.boxes_filled() == []


def test_never_sends_signed_mail_to_those_who_have_a_certificate(send):
    send.file('policy', 'bob@example.org encrypt=never\n')
    send('-t')
    assert b'multipart/signed' in send.one('bob@example.org')


def test_without_signature_only_where_the_policy_says_so_for_all(send):
    send.file('policy', 'default encrypt=never\ncarol@example.org sign=no\n')
    send('-t', letter=letter('To: carol@example.org'))
    assert b'pkcs7' not in send.one('carol@example.org')
    send('-t', letter=letter('To: carol@example.org, bob@example.org'))
    assert b'multipart/signed' in send.one('bob@example.org')


def test_without_a_key_of_the_sender_nothing_goes_unsigned(send):
    done = send('-t', exit=20, letter=letter('To: bob@example.org', sender='carol@example.org'))
    assert 'carol@example.org' in done.err and send.boxes_filled() == []


def test_what_another_program_has_encrypted_goes_as_it_is(send):
    sealed = send.sealmail.sealed()
    send('-t', letter=sealed)
    assert send.one('bob@example.org').replace(b'\n', b'').endswith(sealed.replace(b'\r\n', b'')[-200:])


def test_what_another_program_has_signed_is_not_signed_again_and_encrypted(send):
    send('-t', letter=send.sealmail.signed())
    report, _ = send.opened(send.one('bob@example.org'))
    assert len(report['layers']) == 2


# ---- recipients ----

def test_bcc_gets_a_message_of_its_own_and_the_field_goes_nowhere(send):
    send.knows('mallory')
    send('-t', letter=letter('To: bob@example.org', 'Bcc: mallory@example.org'))
    to_bob, to_mallory = send.one('bob@example.org'), send.one('mallory@example.org')
    assert b'mallory' not in to_bob.lower() and b'Bcc' not in to_bob + to_mallory
    # To Bob and the writer; to Mallory and the writer: nobody sees a third.
    assert recipients_of(send.sealmail, to_bob) == recipients_of(send.sealmail, to_mallory) == 2
    assert b'Hello' in send.opened(to_mallory, 'mallory')[1]


def test_addresses_that_the_header_does_not_name_are_blind_copies(send):
    send.knows('mallory')
    plan = send.plan('bob@example.org', 'mallory@example.org')
    fields = {r['address']: r['field'] for m in plan['messages'] for r in m['recipients']}
    assert fields == {'bob@example.org': 'to', 'mallory@example.org': 'bcc'}
    assert len(plan['messages']) == 2


def test_the_order_inside_tells_nothing(send):
    send.knows('mallory')
    orders = set()
    for _ in range(12):
        send('-t', letter=letter('To: bob@example.org', 'Cc: mallory@example.org'))
    for message in send.box('bob@example.org'):
        report = json.loads(send.sealmail('inspect', '--json', stdin=message).stdout)
        orders.add(tuple(r['id'] for r in report['layers'][0]['recipients']))
    assert len(orders) > 1


def test_without_t_only_the_addresses_given_get_it(send):
    send('bob@example.org', letter=letter('To: bob@example.org, carol@example.org'))
    assert send.boxes_filled() == ['bob@example.org']


def test_with_t_the_addresses_given_are_added(send):
    send('-t', 'carol@example.org')
    assert send.boxes_filled() == ['bob@example.org', 'carol@example.org']


def test_everybody_gets_it_once(send):
    send('-t', 'bob@example.org', letter=letter('To: bob@example.org', 'Cc: Bob <BOB@Example.org>', 'Bcc: bob@example.org'))
    send.one('bob@example.org')


def test_flags_of_sendmail_that_change_nothing_are_taken(send):
    send('-i', '-oi', '-oem', '-odb', '-B8BITMIME', '-N', 'never', '-m', '-f', 'alice@example.org', '-F', 'Alice', '--',
         'bob@example.org')
    send.one('bob@example.org')
    send('-ti')
    assert len(send.box('bob@example.org')) == 2


def test_under_the_name_of_sendmail_it_sends(send):
    link = send.sealmail.cwd / 'sendmail'
    link.symlink_to(SEALMAIL)
    subprocess.run([link, '--home', send.home, '--maildir', f'{send.boxes}/%a', '-t', '-oi'], input=LETTER, check=True)
    send.one('bob@example.org')


def test_a_lone_dot_ends_nothing(send):
    send('-t', letter=letter('To: carol@example.org', body='one\n.\ntwo\n'))
    assert send.opened(send.one('carol@example.org'), 'alice')[1].endswith(b'one\r\n=2E\r\ntwo\r\n')


def test_a_signed_text_goes_out_so_that_no_mail_system_changes_it(send):
    body = 'Grüße   \n' + 'x' * 3000 + '\n.\nFrom here\n'
    send('-t', letter=letter('To: carol@example.org', 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8',
                             'Content-Transfer-Encoding: 8bit', body=body))
    message = send.one('carol@example.org')
    assert message.isascii() and max(map(len, message.split(b'\n'))) < 100 and b'\n.\n' not in message
    part = email.message_from_bytes(message).get_payload(0)
    assert part.get_payload(decode=True).decode() == body
    send.sealmail('verify', *send.sealmail.trust(), stdin=message)


@pytest.mark.parametrize('field', [
    'To: <a@x.example>;<b@y.example>', 'To: a@x.example b@y.example', 'To: a@b@c.example', 'To: friends: a@x.example;',
    'To: nobody-known', 'From: eve@example.org', 'Broken line', 'To: a@x.example\rCc: b@y.example'])
def test_a_header_that_others_could_read_differently_is_refused(send, field):
    done = send('-t', exit=65, letter=letter(field))
    assert 'sealmail:' in done.err and send.boxes_filled() == []


def test_nobody_named_is_a_mistake(send):
    send('-t', exit=64, letter=letter('Subject: x'))
    send(exit=64)
    send('not an address', exit=64)


def test_date_and_message_id_are_added_and_marks_of_ours_are_not_sent(send):
    send('-t', letter=letter('To: carol@example.org', 'X-Sealmail-Something: words'))
    message = email.message_from_bytes(send.one('carol@example.org'))
    assert message['Date'] and re.fullmatch(r'<[0-9a-f]{32}@example\.org>', message['Message-ID'])
    assert message['X-Sealmail-Something'] is None


def test_text_without_a_header_gets_one(send):
    send('-f', 'alice@example.org', '-F', 'Alice "the" Doe', 'carol@example.org', letter=b'just words\n')
    message = email.message_from_bytes(send.one('carol@example.org'))
    assert message['From'] == '"Alice \\"the\\" Doe" <alice@example.org>'
    assert b'just words' in send.one('carol@example.org')


# ---- aliases ----

def test_an_alias_is_expanded_and_shown(send):
    send.file('aliases', 'team: bob@example.org,\n  carol@example.org\n')
    plan = send.plan('-t', letter=letter('To: team'))
    assert {r['address']: r['alias'] for r in plan['messages'][0]['recipients']} == {
        'bob@example.org': 'team', 'carol@example.org': 'team'}
    send('-t', letter=letter('To: team'))
    assert email.message_from_bytes(send.one('carol@example.org'))['To'].split() == ['bob@example.org,', 'carol@example.org']


def test_a_list_keeps_its_address_in_the_header_and_is_named(send):
    send.file('aliases', 'staff@example.org <staff.example.org>: bob@example.org\n')
    out = send('--dry-run', '-t', letter=letter('To: staff@example.org')).stdout.decode()
    assert 'staff.example.org' in out and 'bob@example.org' in out
    send('-t', letter=letter('To: staff@example.org'))
    assert b'To: staff@example.org' in send.one('bob@example.org')


@pytest.mark.parametrize('text,line', [
    ('a: b\nb: a\n', None), ('a: |/bin/sh\n', 1), ('a: /etc/passwd\n', 1), ('a: x@example.org\na: y@example.org\n', 2),
    ('a\n', 1), ('a: :include:/x\n', 1), ('a:\n', 1)])
def test_an_alias_file_that_is_wrong_is_refused_with_the_line(send, text, line):
    send.file('aliases', text)
    done = send('-t', exit=65, letter=letter('To: a'))
    assert f'aliases line {line}' in done.err if line else 'leads to itself' in done.err


# ---- the wrong people ----

def test_people_outside_and_new_ones_are_named_once(send):
    done = send('-t', letter=letter('To: dave@partner.example'))
    assert 'dave@partner.example: outside, never written to before' in done.err
    assert 'never written to' not in send('-t', letter=letter('To: dave@partner.example')).err


def test_the_policy_asks_before_mail_goes_to_somebody_new(send):
    send.file('policy', 'new ask\n')
    done = send('-t', exit=31, letter=letter('To: dave@partner.example'))
    assert '--yes' in done.err and send.boxes_filled() == []
    send('-t', '--yes', letter=letter('To: dave@partner.example'))
    send('-t', letter=letter('To: dave@partner.example'))


def test_the_policy_forbids(send):
    send.file('policy', '*.rival.example forbid\nfriend@mail.rival.example allow\n')
    send('-t', '--yes', exit=31, letter=letter('To: x@mail.rival.example'))
    send('-t', letter=letter('To: friend@mail.rival.example'))


@pytest.mark.parametrize('domain', [
    'examp1e.org', 'exarnple.org', 'exampel.org', 'example.com', 'example.org.mail.example', 'xn--exmple-4nf.org',
    'exàmple.org', 'ex-ample.org'])
def test_a_domain_that_looks_like_ours_is_asked_about(send, domain):
    done = send('-t', exit=31, letter=letter(f'To: bob@{domain}'))
    assert 'looks like example.org' in done.err and '--yes' in done.err


@pytest.mark.parametrize('domain', ['mail.example.org', 'partner.example', 'sample.net'])
def test_other_domains_are_no_lookalikes(send, domain):
    assert 'looks like' not in send('-t', letter=letter(f'To: bob@{domain}')).err


def test_a_domain_that_was_written_to_is_no_lookalike_and_has_its_own(send):
    send('-t', letter=letter('To: bob@widgets.example'))
    assert 'looks like widgets.example' in send('-t', exit=31, letter=letter('To: bob@wigdets.example')).err
    send('-t', letter=letter('To: eve@widgets.example'))


@pytest.mark.parametrize('field', ['Sensitivity: Private', 'Sensitivity: Company-Confidential',
                                   'X-Sealmail-From-Encrypted: bob@example.org'])
@pytest.mark.parametrize('who', ['dave@partner.example', 'somebody@gmail.com'])
def test_confidential_mail_stays_inside(send, field, who):
    send.file('policy', 'own-domains example.org\n')
    done = send('-t', '--yes', exit=31, letter=letter(f'To: {who}', field))
    assert 'confidential' in done.err and who in done.err and send.boxes_filled() == []


def test_confidential_says_the_option(send):
    send('-t', '--confidential', exit=31, letter=letter('To: dave@partner.example'))
    send('-t', '--confidential')


def test_confidential_mail_is_never_sent_in_clear(send):
    send('-t', exit=30, letter=letter('To: carol@example.org', 'Sensitivity: Private'))


def test_who_had_the_encrypted_text_may_have_it_again(send):
    text = letter('To: dave@partner.example', 'X-Sealmail-From-Encrypted: dave@partner.example')
    done = send('-t', exit=30, letter=text)     # allowed, but only encrypted
    assert 'no certificate' in done.err


def test_a_reply_to_an_encrypted_letter_goes_back_to_its_author_and_to_nobody_else_outside(send, sealmail):
    draft = sealmail('mail', 'reply', *sealmail.trust(), *sealmail.identity('bob'), '-', stdin=sealmail.letter_and_seal()).stdout
    draft = b'From: bob@partner.example\n' + b'\n'.join(l for l in draft.split(b'\n') if not l.startswith(b'From:'))
    send.file('policy', 'own-domains partner.example\ndefault sign=no\n')
    send.knows('alice', 'mallory')
    plan = send.plan('-t', letter=draft)
    assert plan['protection'] == 'encrypted' and plan['messages'][0]['recipients'][0]['address'] == 'alice@example.org'
    send('-t', 'mallory@example.org', letter=draft, exit=31)


def test_somebody_elses_letter_is_not_sent_on_under_his_name(send):
    text = letter('To: alice@example.org', 'Resent-From: alice@example.org', 'Resent-To: bob@example.org', sender='eve@x.example')
    send('-t', exit=31, letter=text)
    send.file('policy', 'default sign=no encrypt=never\n')
    send('-t', letter=text)
    assert send.boxes_filled() == ['bob@example.org']


def test_offline_uses_no_network(send):
    send.file('config', 'smtp = smtp://127.0.0.1:1\n')
    done = send.sealmail('send', '--home', send.home, '--offline', '-t', stdin=LETTER, exit=75)
    assert '--offline' in done.err and len(send.queue()) == 1


def test_the_policy_file_changes_the_lists_of_domains(send):
    send.file('policy', 'own-domains example.org\npersonal-domains -gmail.com home.example\n'
                        'gmail.com confidential=allow encrypt=prefer\n')
    plan = send.plan('-t', letter=letter('To: a@gmail.com, b@home.example, c@gmx.de'))
    assert [r['personal'] for r in plan['messages'][0]['recipients']] == [False, True, True]


def test_a_part_with_a_security_label_does_not_leave(send, sealmail):
    label = subprocess.run(['openssl', 'asn1parse', '-genconf', '-', '-noout', '-out', '/dev/stdout'],
                           input=b'asn1=SEQUENCE:a\n[a]\no=OID:1.2.840.113549.1.9.16.2.2\ns=SET:b\n[b]\nx=INTEGER:1\n',
                           capture_output=True, cwd=sealmail.cwd)
    der = label.stdout or bytes.fromhex('3012060b2a864886f70d01091002023103020101')
    import base64
    for pad in range(3):
        text = base64.b64encode(b'x' * (9 + pad) + der + b'y' * 40).decode()
        folded = '\n'.join(text[i:i + 20] for i in range(0, len(text), 20))
        forwarded = letter('To: dave@partner.example', 'MIME-Version: 1.0', 'Content-Type: application/octet-stream',
                           'Content-Transfer-Encoding: base64', body=folded + '\n')
        done = send('-t', exit=31, letter=forwarded)
        assert 'security label' in done.err and send.boxes_filled() == [] and send.queue() == []


@pytest.mark.parametrize('text', ['partner.example encrypt=maybe\n', 'defualt forbid\n', 'partner.example\n', 'own-domains\n',
                                  'a@b@c ask\n', 'own-domains not..ok\n'])
def test_a_policy_that_is_not_understood_stops_everything(send, text):
    send.file('policy', '# a comment\n\n' + text)
    done = send('-t', exit=65)
    assert 'policy line 3' in done.err and send.boxes_filled() == []


def test_a_policy_that_others_can_change_is_refused(send):
    send.file('policy', 'default forbid\n')
    (send.home / 'policy').chmod(0o664)
    assert 'chmod' in send('-t', exit=77).err


def test_dry_run_shows_everything_and_sends_nothing(send):
    send.knows('mallory')
    out = send('--dry-run', '-t', letter=letter('To: bob@example.org', 'Bcc: mallory@example.org')).stdout.decode()
    assert 'message 1 of 2, signed and encrypted' in out and 'mallory@example.org  (bcc' in out and 'nothing was sent' in out
    assert send.boxes_filled() == [] and send.queue() == []
    assert 'never written to before' in send('--dry-run', '-t').err


# ---- configuration and delivery ----

def test_the_config_file_says_how(send):
    send.file('config', f'# how\nmaildir = {send.boxes}/%a\nsent = {send.sent}\n')
    send.sealmail('send', '--home', send.home, '-t', stdin=LETTER)
    send.one('bob@example.org')
    assert len(send.copies()) == 1


@pytest.mark.parametrize('text', ['smpt = x\n', 'smtp\n', 'smtp =\n', 'queue-days = many\n', 'smtp-auth = magic\n',
                                  'smtp = a\nsmtp = b\n'])
def test_a_config_that_is_not_understood_is_refused_with_the_line(send, text):
    send.file('config', '\n' + text)
    done = send('-t', exit=65)
    assert re.search(r'config line [23]:', done.err)


PROGRAM = """#!/bin/sh
printf '%s\\n' "$@" >"{dir}/args"
cat >"{dir}/message"
exit {status}
"""


def program(send, status):
    p = send.sealmail.write('mta', PROGRAM.format(dir=send.sealmail.cwd, status=status).encode())
    p.chmod(0o755)
    return ['--sendmail', f'{p} --some option']


def send_by(send, words, *more, exit=0):
    return send.sealmail('send', '--home', send.home, *words, *more, '-t', stdin=LETTER, exit=exit)


def test_another_sendmail_program_gets_sender_recipients_and_message(send):
    send_by(send, program(send, 0))
    cwd = send.sealmail.cwd
    assert (cwd / 'args').read_text().split('\n')[:-1] == ['--some', 'option', '-i', '-f', 'alice@example.org', '--',
                                                          'bob@example.org']
    assert b'\r' not in (cwd / 'message').read_bytes()
    assert b'Hello Bob' in send.opened((cwd / 'message').read_bytes())[1]


def test_what_may_work_later_is_queued_and_exit_75(send):
    done = send_by(send, program(send, 75), exit=75)
    assert 'waits in the queue' in done.err
    queued, = send.queue()
    listed = json.loads(send.sealmail('send', '--home', send.home, '--queue', '--json').stdout)['letters']
    assert listed[0]['id'] == queued and listed[0]['receivers'][0]['state'] == 'waits'
    program(send, 0)
    send.sealmail('send', '--home', send.home, '--flush')          # not due yet
    assert send.queue() == [queued]
    send.sealmail('send', '--home', send.home, '--flush=all')
    assert send.queue() == []
    assert b'Hello Bob' in send.opened((send.sealmail.cwd / 'message').read_bytes())[1]


def test_what_is_refused_for_good_is_exit_69_and_not_kept(send):
    done = send_by(send, program(send, 67), '--quiet', exit=69)
    assert 'bob@example.org did not get it' in done.err and send.queue() == []


def test_what_is_refused_later_stays_to_be_seen_until_it_is_dropped(send):
    send_by(send, program(send, 75), exit=75)
    program(send, 67)
    send.sealmail('send', '--home', send.home, '--flush=all', exit=69)
    queued, = send.queue()
    assert b'refused bob@example.org' in send.sealmail('send', '--home', send.home, '--queue').stdout
    send.sealmail('send', '--home', send.home, '--drop', queued)
    assert send.queue() == []
    send.sealmail('send', '--home', send.home, '--drop', queued, exit=64)


def test_what_lies_in_the_queue_is_sealed_and_private(send):
    send_by(send, program(send, 75), '--sent', send.sent, exit=75)
    queued, = send.queue()
    folder = send.home / 'queue' / queued
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for p in folder.iterdir():
        assert stat.S_IMODE(p.stat().st_mode) == 0o600 and b'Hello Bob' not in p.read_bytes()


def test_a_program_that_leads_back_here_is_noticed(send):
    done = send_by(send, ['--sendmail', f'{SEALMAIL} send --home {send.home} --sendmail {SEALMAIL}'], exit=69)
    assert 'hands it back' in done.err and send.queue() == []


def test_an_address_cannot_leave_the_folder_of_maildirs(send):
    done = send('-t', exit=69, letter=letter('To: "../../evil"@example.org'))
    assert 'cannot be the name of a Maildir' in done.err and send.boxes_filled() == []
