using VhdPS.Engine.Format;


namespace VhdPS.Tests.Format;

public sealed class VhdChecksumTests
{
    [Fact]
    public void IsTheComplementOfTheByteSum()
    {
        Assert.Equal(0xFFFFFFFFu, VhdChecksum.Compute(new byte[512], 64));
        byte[] all = new byte[1024];
        Array.Fill(all, (byte)0xFF);
        Assert.Equal(~(1020u * 255), VhdChecksum.Compute(all, 36));
    }

    [Fact]
    public void AgreesWithTheDescriptionOnRandomStructures()
    {
        var random = new Random(11);
        for (int i = 0; i < 500; i++)
        {
            (int length, int field) = random.Next(2) == 0 ? (512, 64) : (1024, 36);
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            uint computed = VhdChecksum.Compute(bytes, field);
            ImageBytes.Seal(bytes, field);
            Assert.Equal(ImageBytes.BigEndian(computed), bytes[field..(field + 4)]);
        }
    }

    [Fact]
    public void DoesNotDependOnTheStoredValue()
    {
        byte[] bytes = ImageBytes.Fixed(512).Bytes[512..];
        uint sealedChecksum = VhdChecksum.Compute(bytes, 64);
        ImageBytes.BigEndian(0xDEADBEEFu).CopyTo(bytes, 64);
        Assert.Equal(sealedChecksum, VhdChecksum.Compute(bytes, 64));
    }
}
