using System.Text;
using VhdPS.Engine.Format;

namespace VhdPS.Tests.Format;

public sealed class DynamicDiskHeaderTests
{
    [Theory]
    [InlineData(20, 0xFFFFF463u)] // Windows 8.1 and VirtualBox, 40 MiB
    [InlineData(21, 0xFFFFF462u)] // QEMU, 40 MiB rounded up
    [InlineData(3, 0xFFFFF474u)]
    public void CreateMakesTheBytesThatOtherProgramsMade(int entries, uint checksum)
    {
        var header = DynamicDiskHeader.Create(1536, entries, 2 * 1024 * 1024);
        Assert.Equal(checksum, header.Checksum);
        Assert.Equal(checksum, header.ComputedChecksum);
        ImageBytes golden = ImageBytes.Dynamic(entries * 2L * 1024 * 1024, 2 * 1024 * 1024);
        Assert.Equal(golden.Bytes.AsSpan(512, 1024).ToArray(), header.Bytes.ToArray());
    }

    [Fact]
    public void WithChangesOnlyWhatIsNamed()
    {
        byte[] bytes = new byte[1024];
        new Random(8).NextBytes(bytes);
        DynamicDiskHeader header = DynamicDiskHeader.Parse(bytes).With(
            nextOffset: 1,
            tableOffset: 2,
            maxTableEntries: 3,
            parentUniqueId: ImageBytes.UniqueId,
            parentTimeStamp: VhdSpec.Epoch.AddSeconds(4));
        byte[] expected = (byte[])bytes.Clone();
        ImageBytes.BigEndian(1ul).CopyTo(expected, 8);
        ImageBytes.BigEndian(2ul).CopyTo(expected, 16);
        ImageBytes.BigEndian(3u).CopyTo(expected, 28);
        Convert.FromHexString("00112233445566778899AABBCCDDEEFF").CopyTo(expected, 40);
        ImageBytes.BigEndian(4u).CopyTo(expected, 56);
        ImageBytes.Seal(expected, 36);
        Assert.Equal(expected, header.Bytes.ToArray());
        Assert.Equal(3u, header.MaxTableEntries);
        Assert.Equal(ImageBytes.UniqueId, header.ParentUniqueId);
        Assert.Equal(VhdSpec.Epoch.AddSeconds(4), header.ParentTimeStamp);
    }

    [Fact]
    public void ALocatorIsPutInItsOwnPlaceAndTheOthersAreKept()
    {
        byte[] bytes = new byte[1024];
        new Random(9).NextBytes(bytes);
        var locator = new ParentLocator(5, ParentLocatorCode.W2ru, 512, 20, 0, 0x3000);
        DynamicDiskHeader header = DynamicDiskHeader.Parse(bytes).With(parentLocators: [locator]);
        byte[] expected = (byte[])bytes.Clone();
        Convert.FromHexString("573272750000020000000014000000000000000000003000").CopyTo(expected, 576 + (5 * 24));
        ImageBytes.Seal(expected, 36);
        Assert.Equal(expected, header.Bytes.ToArray());
        Assert.Equal(locator, header.ParentLocators[5]);
        Assert.Equal("W2ru", header.ParentLocators[5].CodeText);
        Assert.Equal(8, header.ParentLocators.Count);
    }

    [Fact]
    public void ParentNamesAreReadUpToTheFirstNul()
    {
        var header = DynamicDiskHeader.Create(1536, 1, 4096);
        Assert.Equal(string.Empty, header.ParentUnicodeName);
        Assert.Equal("Vater \u00E4\U0001F4BD.vhd", header.With(parentUnicodeName: "Vater \u00E4\U0001F4BD.vhd").ParentUnicodeName);

        string full = new('x', 256);
        Assert.Equal(full, header.With(parentUnicodeName: full).ParentUnicodeName);
        Assert.Equal(full, header.With(parentUnicodeName: full + "y").ParentUnicodeName);
        Assert.Equal("ab", header.With(parentUnicodeName: full).With(parentUnicodeName: "ab").ParentUnicodeName);

        byte[] bytes = header.Bytes.ToArray();
        Encoding.BigEndianUnicode.GetBytes("\uFEFFname\0rest").CopyTo(bytes, 64);
        Assert.Equal("name", DynamicDiskHeader.Parse(bytes).ParentUnicodeName);

        // An unpaired surrogate is legal in Windows names and must not throw.
        Convert.FromHexString("D800004100").CopyTo(bytes, 64);
        Assert.Equal(2, DynamicDiskHeader.Parse(bytes).ParentUnicodeName.IndexOf('A', StringComparison.Ordinal) + 1);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(768)]
    [InlineData(1023)]
    public void ReservedBytesAreSeen(int at)
    {
        byte[] bytes = DynamicDiskHeader.Create(1536, 1, 4096).Bytes.ToArray();
        Assert.True(DynamicDiskHeader.Parse(bytes).IsReservedZero);
        bytes[at] = 1;
        Assert.False(DynamicDiskHeader.Parse(bytes).IsReservedZero);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1023)]
    [InlineData(1025)]
    public void ParseRefusesOtherLengths(int length) =>
        Assert.Throws<ArgumentException>(() => DynamicDiskHeader.Parse(new byte[length]));
}
