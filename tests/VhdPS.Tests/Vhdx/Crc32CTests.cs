using System.Text;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Tests.Vhdx;

public sealed class Crc32CTests
{
    [Theory]
    [InlineData("", 0u)]
    [InlineData("a", 0xC1D04330u)]
    [InlineData("123456789", 0xE3069283u)]
    public void KnownValuesAreComputed(string text, uint expected) => Assert.Equal(expected, Of(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void AnyBytesInAnyPiecesGiveTheCrcOfTheTable()
    {
        var random = new Random(1);
        for (int length = 0; length < 300; length++)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            Assert.Equal(VhdxBytes.Crc(bytes), Of(bytes));
            int cut = random.Next(length + 1);
            Crc32C crc = Crc32C.Start();
            crc.Add(bytes.AsSpan(0, cut));
            crc.Add(bytes.AsSpan(cut));
            Assert.Equal(VhdxBytes.Crc(bytes), crc.Value);
        }
    }

    [Fact]
    public void TheOwnFieldCountsAsZero()
    {
        byte[] bytes = [.. Enumerable.Range(1, 100).Select(value => (byte)value)];
        byte[] cleared = (byte[])bytes.Clone();
        cleared.AsSpan(4, 4).Clear();
        Assert.Equal(VhdxBytes.Crc(cleared), Crc32C.Of(bytes, 4));
    }

    private static uint Of(byte[] bytes)
    {
        Crc32C crc = Crc32C.Start();
        crc.Add(bytes);
        return crc.Value;
    }
}
