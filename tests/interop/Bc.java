/* Bouncy Castle as a peer: writes and reads messages on request.
 *
 * One request a line on standard input, fields "name=value" parted by tabs;
 * one answer a line on standard output: "ok", or "cannot WHY" (the release has
 * no way of doing it), or "failed WHY".
 *
 * CMS files are made and read by the CMS classes.  Mail is made and read by
 * the S/MIME classes over JavaMail; these know no authenticated encryption, so
 * there JavaMail parses the part and the CMS classes decrypt it. */
import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.*;
import java.util.*;
import javax.activation.CommandMap;
import javax.activation.MailcapCommandMap;
import javax.crypto.Cipher;
import javax.crypto.CipherInputStream;
import javax.crypto.spec.SecretKeySpec;
import javax.mail.internet.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.cms.*;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.oiw.OIWObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.*;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.mail.smime.*;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.*;
import org.bouncycastle.operator.jcajce.*;
import org.bouncycastle.util.io.pem.*;

public class Bc {
    static class Cannot extends Exception {
        Cannot(String why) { super(why); }
    }

    static class Refused extends Exception {
        Refused(String why) { super(why); }
    }

    /* One request. */
    static class Job extends HashMap<String, String> {
        Job(String line) {
            for (String field : line.split("\t")) {
                int eq = field.indexOf('=');
                put(field.substring(0, eq), field.substring(eq + 1));
            }
        }
        String text(String name) { return getOrDefault(name, ""); }
        boolean is(String name) { return text(name).equals("yes"); }
        boolean mail() { return text("form").equals("mail"); }
        boolean aead() { return !text("cipher").endsWith("cbc"); }
        String[] list(String name) { return text(name).isEmpty() ? new String[0] : text(name).split(","); }
        boolean signed() { return list("signers").length > 0; }
        boolean encrypted() { return list("to").length > 0 || !text("secret").isEmpty(); }
        byte[] secret() { return HexFormat.of().parseHex(text("secret")); }
    }

    static final String BC = "BC";
    static final Map<String, ASN1ObjectIdentifier> CIPHERS = Map.ofEntries(
        Map.entry("aes-128-cbc", CMSAlgorithm.AES128_CBC), Map.entry("aes-192-cbc", CMSAlgorithm.AES192_CBC),
        Map.entry("aes-256-cbc", CMSAlgorithm.AES256_CBC), Map.entry("des-ede3-cbc", CMSAlgorithm.DES_EDE3_CBC),
        Map.entry("aes-128-gcm", CMSAlgorithm.AES128_GCM), Map.entry("aes-192-gcm", CMSAlgorithm.AES192_GCM),
        Map.entry("aes-256-gcm", CMSAlgorithm.AES256_GCM), Map.entry("aes-128-ccm", CMSAlgorithm.AES128_CCM),
        Map.entry("aes-192-ccm", CMSAlgorithm.AES192_CCM), Map.entry("aes-256-ccm", CMSAlgorithm.AES256_CCM),
        Map.entry("chacha20-poly1305", PKCSObjectIdentifiers.id_alg_AEADChaCha20Poly1305));
    static final Map<String, ASN1ObjectIdentifier> AGREEMENTS = Map.ofEntries(
        Map.entry("sha1", CMSAlgorithm.ECDH_SHA1KDF), Map.entry("sha224", CMSAlgorithm.ECDH_SHA224KDF),
        Map.entry("sha256", CMSAlgorithm.ECDH_SHA256KDF), Map.entry("sha384", CMSAlgorithm.ECDH_SHA384KDF),
        Map.entry("sha512", CMSAlgorithm.ECDH_SHA512KDF), Map.entry("cofactor-sha1", CMSAlgorithm.ECCDH_SHA1KDF),
        Map.entry("cofactor-sha256", CMSAlgorithm.ECCDH_SHA256KDF),
        Map.entry("cofactor-sha384", CMSAlgorithm.ECCDH_SHA384KDF),
        Map.entry("cofactor-sha512", CMSAlgorithm.ECCDH_SHA512KDF));

    static Path pki;

    // ---- keys and certificates ----

    static X509Certificate cert(String name) throws Exception {
        try (InputStream in = Files.newInputStream(pki.resolve(name + ".pem"))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509", BC).generateCertificate(in);
        }
    }

    static PrivateKey key(String name) throws Exception {
        try (PEMParser p = new PEMParser(Files.newBufferedReader(pki.resolve(name + ".key")))) {
            return new JcaPEMKeyConverter().setProvider(BC).getPrivateKey((PrivateKeyInfo) p.readObject());
        }
    }

    static void checkPath(X509Certificate leaf) throws Exception {
        PKIXParameters p = new PKIXParameters(Set.of(new TrustAnchor(cert("root"), null)));
        p.setRevocationEnabled(false);
        CertPathValidator.getInstance("PKIX", BC).validate(
            CertificateFactory.getInstance("X.509", BC).generateCertPath(List.of(leaf, cert("inter"))), p);
    }

    // ---- writing ----

    static String signatureName(PrivateKey key, Job job) {
        String alg = key.getAlgorithm();
        if (alg.startsWith("Ed"))
            return alg;
        String digest = job.text("digest").toUpperCase();
        if (alg.startsWith("RSA"))
            return digest + (job.is("pss") ? "withRSAandMGF1" : "withRSA");
        return digest + "withECDSA";
    }

    static SignerInfoGenerator signer(String name, Job job) throws Exception {
        PrivateKey key = key(name);
        X509Certificate cert = cert(name);
        ContentSigner s = new JcaContentSignerBuilder(signatureName(key, job)).setProvider(BC).build(key);
        JcaSignerInfoGeneratorBuilder b = new JcaSignerInfoGeneratorBuilder(
            new JcaDigestCalculatorProviderBuilder().setProvider(BC).build());
        b.setDirectSignature(!job.is("attributes"));
        if (job.is("ski"))
            return b.build(s, new JcaX509ExtensionUtils().createSubjectKeyIdentifier(cert.getPublicKey())
                .getKeyIdentifier());
        return b.build(s, cert);
    }

    static JcaCertStore certs(Job job) throws Exception {
        List<X509Certificate> all = new ArrayList<>(List.of(cert("inter")));
        for (String name : job.list("signers"))
            all.add(cert(name));
        return new JcaCertStore(all);
    }

    static byte[] signFile(byte[] data, Job job) throws Exception {
        CMSSignedDataGenerator g = new CMSSignedDataGenerator();
        for (String name : job.list("signers"))
            g.addSignerInfoGenerator(signer(name, job));
        g.addCertificates(certs(job));
        return g.generate(new CMSProcessableByteArray(data), !job.is("detached")).getEncoded();
    }

    static byte[] bytes(MimeBodyPart part) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        part.writeTo(out);
        return out.toByteArray();
    }

    static MimeBodyPart part(byte[] entity) throws Exception {
        return new MimeBodyPart(new ByteArrayInputStream(entity));
    }

    static byte[] signMail(byte[] data, Job job) throws Exception {
        SMIMESignedGenerator g = new SMIMESignedGenerator();
        for (String name : job.list("signers"))
            g.addSignerInfoGenerator(signer(name, job));
        g.addCertificates(certs(job));
        if (!job.is("detached"))
            return bytes(g.generateEncapsulated(part(data)));
        MimeBodyPart out = new MimeBodyPart();
        out.setContent(g.generate(part(data)));
        // What JavaMail would do when a message is saved.
        out.setHeader("Content-Type", out.getDataHandler().getContentType());
        return bytes(out);
    }

    static ASN1ObjectIdentifier wrapFor(Job job) {
        switch (job.text("wrap").isEmpty() ? job.text("cipher").substring(0, 7) : job.text("wrap")) {
        case "aes-128": case "aes128-wrap": return CMSAlgorithm.AES128_WRAP;
        case "aes-192": case "aes192-wrap": return CMSAlgorithm.AES192_WRAP;
        case "des-ede": case "des3-wrap": return CMSAlgorithm.DES_EDE3_WRAP;
        default: return CMSAlgorithm.AES256_WRAP;
        }
    }

    static RecipientInfoGenerator agree(X509Certificate cert, Job job) throws Exception {
        PublicKey pub = cert.getPublicKey();
        if (!(pub instanceof java.security.interfaces.ECPublicKey))
            throw new Cannot("this release has no CMS key agreement for " + pub.getAlgorithm());
        ECParameterSpec curve = ((java.security.interfaces.ECPublicKey) pub).getParams();
        String kdf = job.text("kdf");
        if (kdf.isEmpty())
            kdf = "sha256";
        KeyPairGenerator g = KeyPairGenerator.getInstance("EC", BC);
        g.initialize(curve);
        KeyPair mine = g.generateKeyPair();
        return new JceKeyAgreeRecipientInfoGenerator(AGREEMENTS.get(kdf), mine.getPrivate(), mine.getPublic(),
            wrapFor(job)).addRecipient(cert).setProvider(BC);
    }

    static AlgorithmIdentifier oaep(String digest) {
        ASN1ObjectIdentifier oid = digest.equals("sha1") ? OIWObjectIdentifiers.idSHA1
            : NISTObjectIdentifiers.id_sha256;
        AlgorithmIdentifier hash = new AlgorithmIdentifier(oid, DERNull.INSTANCE);
        return new AlgorithmIdentifier(PKCSObjectIdentifiers.id_RSAES_OAEP, new RSAESOAEPparams(hash,
            new AlgorithmIdentifier(PKCSObjectIdentifiers.id_mgf1, hash), RSAESOAEPparams.DEFAULT_P_SOURCE_ALGORITHM));
    }

    static RecipientInfoGenerator recipient(String name, Job job) throws Exception {
        X509Certificate cert = cert(name);
        if (!cert.getPublicKey().getAlgorithm().equals("RSA"))
            return agree(cert, job);
        if (!job.text("oaep").isEmpty())
            return new JceKeyTransRecipientInfoGenerator(cert, oaep(job.text("oaep"))).setProvider(BC);
        return new JceKeyTransRecipientInfoGenerator(cert).setProvider(BC);
    }

    static RecipientInfoGenerator secretRecipient(Job job) {
        if (job.is("password"))
            return new JcePasswordRecipientInfoGenerator(CIPHERS.get(job.text("cipher").substring(0, 7) + "-cbc"),
                new String(job.secret()).toCharArray()).setProvider(BC)
                .setPasswordConversionScheme(PasswordRecipient.PKCS5_SCHEME2_UTF8);
        return new JceKEKRecipientInfoGenerator(new byte[] {1, 2, 3, 4}, new SecretKeySpec(job.secret(), "AES"))
            .setProvider(BC);
    }

    static List<RecipientInfoGenerator> recipients(Job job) throws Exception {
        List<RecipientInfoGenerator> all = new ArrayList<>();
        for (String name : job.list("to"))
            all.add(recipient(name, job));
        if (!job.text("secret").isEmpty())
            all.add(secretRecipient(job));
        return all;
    }

    static OutputEncryptor encryptor(Job job) throws Exception {
        return new JceCMSContentEncryptorBuilder(CIPHERS.get(job.text("cipher"))).setProvider(BC).build();
    }

    static byte[] encryptFile(byte[] data, Job job) throws Exception {
        CMSTypedData content = new CMSProcessableByteArray(data);
        if (!job.aead()) {
            CMSEnvelopedDataGenerator g = new CMSEnvelopedDataGenerator();
            for (RecipientInfoGenerator r : recipients(job))
                g.addRecipientInfoGenerator(r);
            return g.generate(content, encryptor(job)).getEncoded();
        }
        OutputEncryptor e = encryptor(job);
        if (!(e instanceof OutputAEADEncryptor))
            throw new Cannot("this release has no CMS encryptor for " + job.text("cipher"));
        CMSAuthEnvelopedDataGenerator g = new CMSAuthEnvelopedDataGenerator();
        for (RecipientInfoGenerator r : recipients(job))
            g.addRecipientInfoGenerator(r);
        return g.generate(content, (OutputAEADEncryptor) e).getEncoded();
    }

    static byte[] encryptMail(byte[] data, Job job) throws Exception {
        if (job.aead()) {
            MimeBodyPart out = new MimeBodyPart();
            byte[] der = encryptFile(data, job);
            out.setDataHandler(new javax.activation.DataHandler(
                new javax.mail.util.ByteArrayDataSource(der, "application/pkcs7-mime")));
            out.setHeader("Content-Type", "application/pkcs7-mime; smime-type=authEnveloped-data; name=smime.p7m");
            out.setHeader("Content-Transfer-Encoding", "base64");
            return bytes(out);
        }
        SMIMEEnvelopedGenerator g = new SMIMEEnvelopedGenerator();
        for (RecipientInfoGenerator r : recipients(job))
            g.addRecipientInfoGenerator(r);
        return bytes(g.generate(part(data), encryptor(job)));
    }

    static byte[] compress(byte[] data, Job job, boolean mail) throws Exception {
        if (mail)
            return bytes(new SMIMECompressedGenerator().generate(part(data), new ZlibCompressor()));
        return new CMSCompressedDataGenerator().generate(new CMSProcessableByteArray(data), new ZlibCompressor())
            .getEncoded();
    }

    static void write(Job job) throws Exception {
        byte[] data = Files.readAllBytes(Path.of(job.text("source")));
        boolean mail = job.mail();
        // What is inside an encrypted file is mail: nothing else says what it is.
        if (job.signed())
            data = mail || job.encrypted() ? signMail(data, job) : signFile(data, job);
        if (job.is("compress"))
            data = compress(data, job, mail || job.encrypted());
        if (job.encrypted())
            data = mail ? encryptMail(data, job) : encryptFile(data, job);
        if (job.text("form").equals("pem")) {
            StringWriter w = new StringWriter();
            try (PemWriter p = new PemWriter(w)) {
                p.writeObject(new PemObject("CMS", data));
            }
            data = w.toString().getBytes("US-ASCII");
        }
        Files.write(Path.of(job.text("target")), data);
    }

    // ---- reading ----

    /* The release decrypts authenticated content for key transport only; for
     * the other recipients this is the missing end of its own classes. */
    static RecipientOperator aeadOperator(AlgorithmIdentifier alg, java.security.Key key) throws CMSException {
        try {
            final Cipher c = Cipher.getInstance(alg.getAlgorithm().getId(), BC);
            AlgorithmParameters p = AlgorithmParameters.getInstance(alg.getAlgorithm().getId(), BC);
            p.init(alg.getParameters().toASN1Primitive().getEncoded());
            c.init(Cipher.DECRYPT_MODE, key, p);
            return new RecipientOperator(new InputAEADDecryptor() {
                public AlgorithmIdentifier getAlgorithmIdentifier() { return alg; }
                public InputStream getInputStream(InputStream in) { return new CipherInputStream(in, c); }
                public OutputStream getAADStream() {
                    return new OutputStream() {
                        public void write(byte[] b, int off, int len) { c.updateAAD(b, off, len); }
                        public void write(int b) { c.updateAAD(new byte[] {(byte) b}); }
                    };
                }
                public byte[] getMAC() { return null; }
            });
        } catch (IOException | GeneralSecurityException e) {
            throw new CMSException("authenticated content: " + e.getMessage(), e);
        }
    }

    static class AgreeAead extends JceKeyAgreeRecipient {
        AgreeAead(PrivateKey key) { super(key); }
        public RecipientOperator getRecipientOperator(AlgorithmIdentifier wrap, AlgorithmIdentifier content,
            org.bouncycastle.asn1.x509.SubjectPublicKeyInfo sender, ASN1OctetString ukm, byte[] key)
            throws CMSException {
            return aeadOperator(content, extractSecretKey(wrap, content, sender, ukm, key));
        }
    }

    static class KekAead extends JceKEKRecipient {
        KekAead(javax.crypto.SecretKey key) { super(key); }
        public RecipientOperator getRecipientOperator(AlgorithmIdentifier wrap, AlgorithmIdentifier content,
            byte[] key) throws CMSException {
            return aeadOperator(content, extractSecretKey(wrap, content, key));
        }
    }

    static class PasswordAead extends JcePasswordEnvelopedRecipient {
        PasswordAead(char[] password) { super(password); }
        public RecipientOperator getRecipientOperator(AlgorithmIdentifier wrap, AlgorithmIdentifier content,
            byte[] derived, byte[] key) throws CMSException {
            return aeadOperator(content, extractSecretKey(wrap, content, derived, key));
        }
    }

    static byte[] openPassword(RecipientInformation r, Job job) throws Exception {
        char[] password = new String(job.secret()).toCharArray();
        JcePasswordRecipient way = job.aead() ? new PasswordAead(password)
            : new JcePasswordEnvelopedRecipient(password);
        way.setPasswordConversionScheme(PasswordRecipient.PKCS5_SCHEME2_UTF8);
        return r.getContent(way.setProvider(BC));
    }

    static byte[] openWithSecret(RecipientInformation r, Job job) throws Exception {
        if (r instanceof PasswordRecipientInformation)
            return openPassword(r, job);
        SecretKeySpec key = new SecretKeySpec(job.secret(), "AES");
        JceKEKRecipient way = job.aead() ? new KekAead(key) : new JceKEKEnvelopedRecipient(key);
        return r.getContent(way.setProvider(BC));
    }

    static byte[] openWithKey(RecipientInformationStore all, Job job) throws Exception {
        X509Certificate cert = cert(job.text("me"));
        PrivateKey key = key(job.text("me"));
        // Newer versions match recipients of any kind by issuer and serial number.
        RecipientInformation r = all.get(new JceKeyTransRecipientId(cert));
        if (r instanceof KeyTransRecipientInformation) {
            JceKeyTransRecipient way = job.aead() ? new JceKeyTransAuthEnvelopedRecipient(key)
                : new JceKeyTransEnvelopedRecipient(key);
            return r.getContent(way.setProvider(BC));
        }
        r = all.get(new JceKeyAgreeRecipientId(cert));
        if (r == null)
            throw new Refused("no recipient fits " + job.text("me"));
        JceKeyAgreeRecipient way = job.aead() ? new AgreeAead(key) : new JceKeyAgreeEnvelopedRecipient(key);
        return r.getContent(way.setProvider(BC));
    }

    static byte[] decrypt(byte[] message, Job job) throws Exception {
        RecipientInformationStore all;
        if (job.aead())
            all = new CMSAuthEnvelopedData(message).getRecipientInfos();
        else if (job.mail())
            all = new SMIMEEnveloped(part(message)).getRecipientInfos();
        else
            all = new CMSEnvelopedData(message).getRecipientInfos();
        if (job.text("secret").isEmpty())
            return openWithKey(all, job);
        for (RecipientInformation r : all)
            if (r instanceof PasswordRecipientInformation || r instanceof KEKRecipientInformation)
                return openWithSecret(r, job);
        throw new Refused("no recipient has a password or a shared key");
    }

    static void checkSigners(CMSSignedData s, Job job) throws Exception {
        if (s.getSignerInfos().size() != job.list("signers").length)
            throw new Refused(s.getSignerInfos().size() + " signers");
        for (SignerInformation si : s.getSignerInfos()) {
            Collection<X509CertificateHolder> found = s.getCertificates().getMatches(si.getSID());
            X509Certificate c = new JcaX509CertificateConverter().setProvider(BC)
                .getCertificate(found.iterator().next());
            if (!si.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider(BC).build(c)))
                throw new Refused("the signature of " + c.getSubjectX500Principal() + " does not verify");
            checkPath(c);
        }
    }

    static byte[] content(CMSSignedData s) {
        return (byte[]) s.getSignedContent().getContent();
    }

    static byte[] verifyFile(byte[] message, Job job) throws Exception {
        if (job.is("detached")) {
            byte[] data = Files.readAllBytes(Path.of(job.text("source")));
            checkSigners(new CMSSignedData(new CMSProcessableByteArray(data), message), job);
            return data;
        }
        CMSSignedData s = new CMSSignedData(message);
        checkSigners(s, job);
        return content(s);
    }

    static byte[] verifyMail(byte[] message, Job job) throws Exception {
        MimeBodyPart p = part(message);
        SMIMESigned s = p.isMimeType("multipart/signed") ? new SMIMESigned((MimeMultipart) p.getContent())
            : new SMIMESigned(p);
        checkSigners(s, job);
        return bytes(s.getContent());
    }

    static byte[] pkcs7(byte[] message) throws Exception {
        try (InputStream in = part(message).getInputStream()) {
            return in.readAllBytes();
        }
    }

    static byte[] uncompress(byte[] message) throws Exception {
        return new CMSCompressedData(message).getContent(new ZlibExpanderProvider());
    }

    static void read(Job job) throws Exception {
        byte[] data = Files.readAllBytes(Path.of(job.text("message")));
        boolean mail = job.mail();
        if (job.text("form").equals("pem"))
            try (PemReader p = new PemReader(new StringReader(new String(data, "US-ASCII")))) {
                data = p.readPemObject().getContent();
            }
        if (job.encrypted()) {
            data = decrypt(mail && job.aead() ? pkcs7(data) : data, job);
            mail = true;
        }
        if (job.is("compress"))
            data = uncompress(mail ? pkcs7(data) : data);
        if (job.signed())
            data = mail ? verifyMail(data, job) : verifyFile(data, job);
        Files.write(Path.of(job.text("target")), data);
    }

    // ---- certificates and keys ----

    static void certsOnly(Job job) throws Exception {
        List<X509Certificate> all = new ArrayList<>();
        for (String name : job.list("names"))
            all.add(cert(name));
        CMSSignedDataGenerator g = new CMSSignedDataGenerator();
        g.addCertificates(new JcaCertStore(all));
        Files.write(Path.of(job.text("target")), g.generate(new CMSAbsentContent()).getEncoded());
    }

    static void pkcs12(Job job) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12", BC);
        store.load(null, null);
        char[] password = job.text("password").toCharArray();
        store.setKeyEntry(job.text("name"), key(job.text("name")), null,
            new java.security.cert.Certificate[] {cert(job.text("name")), cert("inter")});
        try (OutputStream out = Files.newOutputStream(Path.of(job.text("target")))) {
            store.store(out, password);
        }
    }

    // ---- the line ----

    static void serve(Job job) throws Exception {
        switch (job.text("do")) {
        case "write": write(job); break;
        case "read": read(job); break;
        case "certs": certsOnly(job); break;
        case "pkcs12": pkcs12(job); break;
        default: throw new Refused("no such request");
        }
    }

    static String answer(Job job) {
        try {
            serve(job);
            return "ok";
        } catch (Cannot e) {
            return "cannot " + e.getMessage();
        } catch (Throwable e) {
            return "failed " + (e.getClass().getSimpleName() + ": " + e.getMessage()).replaceAll("\\s+", " ");
        }
    }

    public static void main(String[] args) throws Exception {
        pki = Path.of(args[0]);
        Provider bc = new BouncyCastleProvider();
        Security.addProvider(bc);
        MailcapCommandMap caps = (MailcapCommandMap) CommandMap.getDefaultCommandMap();
        caps.addMailcap("multipart/signed;; x-java-content-handler="
            + "org.bouncycastle.mail.smime.handlers.multipart_signed");
        PrintStream out = new PrintStream(System.out, true);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        out.println(bc.getVersionStr());
        for (String line; (line = in.readLine()) != null;)
            out.println(answer(new Job(line)));
    }
}
