"""Programs that know CMS alone: the MIME around is put there, and taken away,
as a mail program does."""
import kit
from kit import Cannot


class Mailer:
    """What gpgsm and NSS share.  A peer has sign(job, data), encrypt(job, data),
    decrypt(job, data) and verify(job, data, content), over bytes of CMS."""

    # What the program's command line has no option for: (test of the job, words).
    lacks = ()

    def refuse_without_option(self, job):
        for lacks, what in self.lacks:
            if lacks(job):
                raise Cannot(f'{self.name} has no option for {what}')

    def write(self, job, source, target):
        self.refuse_without_option(job)
        data = source.read_bytes()
        if job.form == 'mail':
            data = kit.canonical(data)
        if job.signers:
            signed = self.sign(job, data)
            if job.form != 'mail' and not job.encrypted:
                data = signed
            elif job.detached:
                data = kit.clear_mail(data, signed, job.micalg)
            else:
                data = kit.opaque_mail(signed, 'signed-data')
        if job.encrypted:
            data = self.encrypt(job, data)
            if job.form == 'mail':
                data = kit.opaque_mail(data, 'enveloped-data')
        target.write_bytes(data)

    def read(self, job, message, target, source):
        data, mail = message.read_bytes(), job.form == 'mail'
        if job.encrypted:
            data, mail = self.decrypt(job, kit.split_opaque(data) if mail else data), True
        if job.compress:
            raise Cannot(f'{self.name} does not read CompressedData')
        if job.signers and mail:
            data = self.verify_mail(job, data)
        elif job.signers:
            data = self.verify(job, data, source if job.detached else None)
        target.write_bytes(data)

    def verify_mail(self, job, message):
        if not job.detached:
            return self.verify(job, kit.split_opaque(message), None)
        entity, signature = kit.split_clear(message)
        part = self.dir / 'entity'
        part.write_bytes(entity)
        return self.verify(job, signature, part)
