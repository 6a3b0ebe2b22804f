using VhdPS.Engine.Format;


namespace VhdPS.Tests.Format;

public sealed class HardDiskFooterTests
{
    // The first 85 bytes of footers that other programs wrote; zeros follow.
    private const string Azure =
        "636f6e65637469780000000200010000ffffffffffffffff2ec79b9677610000000700005769326b"
        + "0000000140000000000000014000000028a2103f00000002ffffe7478c54df94bd35714c945fe5444453921a00";

    private const string Windows81 =
        "636f6e6563746978000000020001000000000000000002001c6c0c5677696e20000600035769326b"
        + "0000000002800000000000000280000003c3051100000003fffff00aadb719754b5b0b40b025d06dab31b26f00";

    private const string VirtualBox =
        "636f6e6563746978000000020001000000000000000002001c6b980e76626f78000400035769326b"
        + "0000000002800000000000000280000003c3051100000003ffffed428392ddaeee029e4f811150f4f6c6f22700";

    private const string Qemu =
        "636f6e6563746978000000020001000000000000000002001c6b981671656d75000500035769326b"
        + "0000000002802800000000000280280003c4051100000003ffffef76787bb12da5074d8e8f082ad2e2148e3200";

    [Fact]
    public void DecodesTheFieldsOfAnAzureFooter()
    {
        HardDiskFooter footer = Parse(Azure);
        Assert.True(footer.HasCookie);
        Assert.Equal("conectix", footer.Cookie);
        Assert.Equal(2u, footer.Features);
        Assert.Equal(0x00010000u, footer.FormatVersion);
        Assert.Equal(ulong.MaxValue, footer.DataOffset);
        Assert.Equal(0x2EC79B96u, footer.TimeStampSeconds);
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(946684800 + 0x2EC79B96L), footer.TimeStamp);
        Assert.Equal(DateTimeKind.Utc, footer.TimeStamp.Kind);
        Assert.Equal("wa", footer.CreatorApplication);
        Assert.Equal(0x00070000u, footer.CreatorVersion);
        Assert.Equal("Wi2k", footer.CreatorHostOS);
        Assert.Equal(5368709120u, footer.OriginalSize);
        Assert.Equal(5368709120u, footer.CurrentSize);
        Assert.Equal(new DiskGeometry(10402, 16, 63), footer.Geometry);
        Assert.Equal(5368430592, footer.Geometry.SizeBytes);
        Assert.Equal(VhdType.Fixed, footer.DiskType);
        Assert.Equal(0xFFFFE747u, footer.Checksum);
        Assert.Equal(0xFFFFE747u, footer.ComputedChecksum);
        Assert.True(footer.IsChecksumValid);
        Assert.Equal(new Guid("8c54df94-bd35-714c-945f-e5444453921a"), footer.UniqueId);
        Assert.Equal(0, footer.SavedState);
        Assert.Equal(427, footer.Reserved.Length);
        Assert.Equal(512, footer.StoredLength);
    }

    [Theory]
    [InlineData(Windows81, "win ", 41943040u, "963/5/17", "adb71975-4b5b-0b40-b025-d06dab31b26f", SizeRule.CurrentSize, 41943040u)]
    [InlineData(VirtualBox, "vbox", 41943040u, "963/5/17", "8392ddae-ee02-9e4f-8111-50f4f6c6f227", SizeRule.CurrentSize, 41943040u)]
    [InlineData(Qemu, "qemu", 41953280u, "964/5/17", "787bb12d-a507-4d8e-8f08-2ad2e2148e32", SizeRule.Chs, 41953280u)]
    [InlineData(Azure, "wa", 5368709120u, "10402/16/63", "8c54df94-bd35-714c-945f-e5444453921a", SizeRule.CurrentSize, 5368709120u)]
    public void DecodesWhatOtherProgramsWrote(
        string hex, string creator, ulong currentSize, string geometry, string uniqueId, SizeRule rule, ulong size)
    {
        HardDiskFooter footer = Parse(hex);
        Assert.Equal(creator, footer.CreatorApplication);
        Assert.Equal(currentSize, footer.CurrentSize);
        Assert.Equal(geometry, footer.Geometry.ToString());
        Assert.Equal(new Guid(uniqueId), footer.UniqueId);
        Assert.True(footer.IsChecksumValid);
        Assert.Equal(rule, VirtualSize.Of(footer).Rule);
        Assert.Equal(size, VirtualSize.Of(footer).SizeBytes);
    }

    [Fact]
    public void CreateMakesTheBytesThatAnotherProgramMade()
    {
        HardDiskFooter golden = Parse(Windows81);
        var made = HardDiskFooter.Create(
            VhdType.Dynamic,
            40 * 1024 * 1024,
            new DiskGeometry(963, 5, 17),
            new Guid("adb71975-4b5b-0b40-b025-d06dab31b26f"),
            golden.TimeStamp,
            "win ",
            0x00060003);
        Assert.Equal(Convert.ToHexString(golden.Bytes), Convert.ToHexString(made.Bytes));
    }

    [Fact]
    public void WithChangesOnlyWhatIsNamed()
    {
        byte[] bytes = new byte[512];
        new Random(7).NextBytes(bytes);
        var before = HardDiskFooter.Parse(bytes);
        HardDiskFooter after = before.With(currentSize: 0x1122334455667788, uniqueId: ImageBytes.UniqueId);
        byte[] expected = (byte[])bytes.Clone();
        ImageBytes.BigEndian(0x1122334455667788ul).CopyTo(expected, 48);
        Convert.FromHexString("00112233445566778899AABBCCDDEEFF").CopyTo(expected, 68);
        ImageBytes.Seal(expected, 64);
        Assert.Equal(expected, after.Bytes.ToArray());
        Assert.Equal(bytes, before.Bytes.ToArray());
        Assert.True(after.IsChecksumValid);
    }

    [Fact]
    public void EveryFieldOfWithGoesToItsOwnPlace()
    {
        HardDiskFooter footer = Parse(Qemu).With(
            features: 3,
            dataOffset: 0x2000,
            timeStamp: VhdSpec.Epoch.AddSeconds(5),
            creatorApplication: "d2v",
            creatorVersion: 0x00060001,
            creatorHostOS: "Mac ",
            originalSize: 1,
            currentSize: 2,
            geometry: new DiskGeometry(0x1234, 0x56, 0x78),
            diskType: VhdType.Differencing,
            uniqueId: Guid.Empty,
            savedState: 1);
        string expected = "636f6e6563746978000000030001000000000000000020000000000564327600000600014d616320"
            + "0000000000000001000000000000000212345678" + "00000004";
        Assert.Equal(expected, Convert.ToHexString(footer.Bytes[..64]).ToLowerInvariant());
        Assert.Equal(Guid.Empty, footer.UniqueId);
        Assert.Equal(1, footer.Bytes[84]);
        Assert.True(footer.IsChecksumValid);
    }

    [Fact]
    public void ALegacyFooterOf511BytesHasTheSameChecksum()
    {
        byte[] whole = Parse(Qemu).Bytes.ToArray();
        var legacy = HardDiskFooter.Parse(whole.AsSpan(0, 511));
        Assert.Equal(511, legacy.StoredLength);
        Assert.True(legacy.IsChecksumValid);
        Assert.Equal(512, legacy.With().StoredLength);
        Assert.Equal(whole, legacy.With().Bytes.ToArray());
    }

    [Fact]
    public void WithReservedKeepsTheRest()
    {
        HardDiskFooter footer = Parse(Qemu).WithReserved(0, 1).WithReserved(426, 0xAB);
        Assert.Equal(1, footer.Bytes[85]);
        Assert.Equal(0xAB, footer.Bytes[511]);
        Assert.True(footer.IsChecksumValid);
        Assert.Equal(footer.Bytes.ToArray(), footer.With().Bytes.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(510)]
    [InlineData(513)]
    public void ParseRefusesOtherLengths(int length) =>
        Assert.Throws<ArgumentException>(() => HardDiskFooter.Parse(new byte[length]));

    [Theory]
    [InlineData("windows")]
    [InlineData("\u0416")]
    public void CreatorCodesThatDoNotFitAreRefused(string code) =>
        Assert.Throws<ArgumentException>(() => Parse(Qemu).With(creatorApplication: code));

    [Theory]
    [InlineData(0u, "2000-01-01T00:00:00")]
    [InlineData(uint.MaxValue, "2136-02-07T06:28:15")]
    public void EveryTimeStampIsATime(uint seconds, string time)
    {
        byte[] bytes = Parse(Qemu).Bytes.ToArray();
        ImageBytes.BigEndian(seconds).CopyTo(bytes, 24);
        Assert.Equal(time, HardDiskFooter.Parse(bytes).TimeStamp.ToString("s"));
    }

    [Theory]
    [InlineData("1990-01-01T00:00:00Z", 0u)]
    [InlineData("2000-01-01T00:00:00.9Z", 0u)]
    [InlineData("2000-01-01T01:00:01+01:00", 1u)]
    [InlineData("2150-01-01T00:00:00Z", uint.MaxValue)]
    public void TimesAreClampedToWhatTheFieldHolds(string time, uint seconds)
    {
        DateTime value = DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime;
        Assert.Equal(seconds, VhdSpec.ToTimeStamp(value));
        Assert.Equal(seconds, VhdSpec.ToTimeStamp(value.ToLocalTime()));
    }

    private static HardDiskFooter Parse(string hex)
    {
        byte[] bytes = new byte[512];
        Convert.FromHexString(hex).CopyTo(bytes, 0);
        return HardDiskFooter.Parse(bytes);
    }
}
