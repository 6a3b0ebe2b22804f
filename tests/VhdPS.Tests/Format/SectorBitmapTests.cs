using VhdPS.Engine.Format;


namespace VhdPS.Tests.Format;

public sealed class SectorBitmapTests
{
    [Theory]
    [InlineData(0, 0, 0x80)]
    [InlineData(7, 0, 0x01)]
    [InlineData(8, 1, 0x80)]
    [InlineData(4095, 511, 0x01)]
    public void Bit7OfByte0IsSector0(int sector, int byteIndex, byte value)
    {
        byte[] bitmap = new byte[512];
        SectorBitmap.SetRange(bitmap, sector, 1);
        Assert.Equal(value, bitmap[byteIndex]);
        Assert.Equal(1, bitmap.Count(b => b != 0));
        Assert.True(SectorBitmap.IsSet(bitmap, sector));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(1024)]
    [InlineData(4096)]
    public void AgreesWithANaiveModel(int sectors)
    {
        var random = new Random(sectors);
        bool[] model = new bool[sectors];
        byte[] bitmap = new byte[Math.Max(1, (sectors + 7) / 8)];
        for (int step = 0; step < 400; step++)
        {
            int start = random.Next(sectors);
            int count = random.Next(2) == 0 ? random.Next(1, Math.Min(12, sectors - start) + 1) : random.Next(1, sectors - start + 1);
            bool isSet = random.Next(2) == 0;
            if (isSet)
            {
                SectorBitmap.SetRange(bitmap, start, count);
            }
            else
            {
                SectorBitmap.ClearRange(bitmap, start, count);
            }

            Array.Fill(model, isSet, start, count);
            Assert.Equal(model.Select((bit, i) => bit == SectorBitmap.IsSet(bitmap, i)).Count(same => same), sectors);
            Assert.Equal(model.Count(bit => bit), SectorBitmap.CountSet(bitmap, sectors));
            int some = random.Next(sectors + 1);
            Assert.Equal(model.Take(some).Count(bit => bit), SectorBitmap.CountSet(bitmap, some));

            int from = random.Next(sectors), most = random.Next(1, sectors - from + 1);
            int run = SectorBitmap.RunLength(bitmap, from, most, out bool isRunSet);
            Assert.Equal(model[from], isRunSet);
            Assert.Equal(model.Skip(from).Take(most).TakeWhile(bit => bit == model[from]).Count(), run);
        }
    }

    [Theory]
    [InlineData(512, 512)]
    [InlineData(4096, 512)]
    [InlineData(512 * 1024, 512)]
    [InlineData(2 * 1024 * 1024, 512)]
    [InlineData(4 * 1024 * 1024, 1024)]
    [InlineData(256 * 1024 * 1024, 65536)]
    public void BitmapsFillWholeSectors(int blockSize, int bitmapSize) => Assert.Equal(bitmapSize, VhdSpec.BitmapSize(blockSize));
}
