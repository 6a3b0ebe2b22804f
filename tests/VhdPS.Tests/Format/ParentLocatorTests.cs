using System.Text;
using VhdPS.Engine.Format;

namespace VhdPS.Tests.Format;

public sealed class ParentLocatorTests
{
    [Theory]
    [InlineData(1u, 20u, 512)] // sectors, by the specification
    [InlineData(512u, 20u, 512)] // bytes, as nearly all writers do
    [InlineData(65536u, 20u, 65536)]
    [InlineData(4096u, 66u, 4096)]
    [InlineData(0u, 20u, 512)]
    [InlineData(513u, 20u, 512)] // neither: the length decides
    [InlineData(0u, 0u, 0)]
    [InlineData(1u, 600u, 1024)] // too small for the path
    [InlineData(511u, 20u, 511 * 512)]
    [InlineData(0xFFFFFE00u, 1u, 0xFFFFFE00)]
    [InlineData(0xFFFFFFFFu, 0xFFFFFFFFu, 0x100000000)]
    public void RoomIsCountedInSectorsOrBytes(uint space, uint length, long bytes) =>
        Assert.Equal(bytes, new ParentLocator(0, ParentLocatorCode.W2ru, space, length, 0, 0).SpaceBytes);

    [Fact]
    public void EncodeIsTheInverseOfParse()
    {
        byte[] entry = new byte[24];
        new Random(3).NextBytes(entry);
        byte[] again = new byte[24];
        ParentLocator.Parse(2, entry).Encode(again);
        Assert.Equal(entry, again);
    }

    [Fact]
    public void PathsAreDecodedByTheirCode()
    {
        byte[] utf16 = Encoding.Unicode.GetBytes(".\\Bl\u00E4tter.vhd\0rest");
        Assert.Equal(".\\Bl\u00E4tter.vhd", Locator(ParentLocatorCode.W2ru).DecodePath(utf16));
        Assert.Equal(".\\Bl\u00E4tter.vhd", Locator(ParentLocatorCode.W2ku).DecodePath(utf16));
        Assert.Equal("ab", Locator(ParentLocatorCode.W2ku).DecodePath("a\0b\0c"u8));
        Assert.Equal("file:///a%20b.vhd", Locator(ParentLocatorCode.MacX).DecodePath("file:///a%20b.vhd\0"u8));
        Assert.Null(Locator(ParentLocatorCode.Mac).DecodePath("alias"u8));
        Assert.Equal("a.vhd", Locator(ParentLocatorCode.Wi2r).DecodePath("a.vhd\0"u8));
        Assert.Equal(".\\Bl\u00E4tter.vhd", Locator(ParentLocatorCode.Wi2r).DecodePath(utf16));
        Assert.Null(Locator(ParentLocatorCode.Wi2k).DecodePath("a.vhd"u8));
        Assert.Null(Locator((ParentLocatorCode)0x41424344).DecodePath("a.vhd"u8));
    }

    private static ParentLocator Locator(ParentLocatorCode code) => new(0, code, 512, 20, 0, 4096);
}
